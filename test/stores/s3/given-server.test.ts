import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../lib/base/random.ts';
import { createDoctor } from '../../../lib/doctor/doctor.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import type { Medium } from '../../conformance/medium.ts';
import { describeStore } from '../../conformance/suite.ts';
import { givenServer } from '../../support/s3/given-server.ts';

const given = await givenServer();

async function open(): Promise<Medium> {
  if (given === null) throw new Error('Expected S3_STORE');
  const part = randomUUID();
  const handle = () => given.open(part);
  const left = handle();
  return {
    left,
    right: handle(),
    stranger: async () => handle(),
    async destroy() {
      for (const folder of ['jobs/', 'leases/', 'ready/', 'doctor/']) {
        for await (const { key } of left.list(folder, '', { labels: false })) {
          await left.delete(key, UNCONDITIONAL);
        }
      }
    },
  };
}

describe.runIf(given !== null)('the server of S3_STORE', () => {
  it('passes the examination', async () => {
    const medium = await open();
    const store = medium.left;
    const { verdict } = createProcessMemory({ cacheBytes: 1_000_000 });
    const doctor = createDoctor({ store, random: systemRandom, verdict, record: () => {} });
    const { checks, leases } = await doctor.examine({ listKeys: 1_001 });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(leases).toBe(true);
    await medium.destroy();
  });

  describeStore({
    traits: {
      name: 's3',
      compareAndSwap: true,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: true,
      distinctVersions: false,
      conditionalDelete: false,
      labels: true,
    },
    open,
  });
});
