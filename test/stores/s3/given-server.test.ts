import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nodeMachine } from '../../../functions/node/store/machine.ts';
import { StoreUrl } from '../../../functions/node/store/store-place.ts';
import { createCredentials } from '../../../functions/store/aws/credentials.ts';
import { addressesOf } from '../../../functions/store/open-s3.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { createDoctor } from '../../../lib/doctor/doctor.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { createS3Store } from '../../../lib/stores/s3.ts';
import type { Medium } from '../../conformance/medium.ts';
import { describeStore } from '../../conformance/suite.ts';

/** The URL of a bucket on a real server, for which nothing is started here; with the credentials of the AWS tools. */
const GIVEN = process.env['S3_STORE'] ?? '';

/** A part of the bucket that nothing else uses. What the tests leave there is below `dalsegno-suite/`. */
async function open(): Promise<Medium> {
  const place = StoreUrl.parse(GIVEN);
  if (place.kind !== 's3') throw new Error('S3_STORE: Expected the URL of a bucket');
  const [address, ...others] = await addressesOf(place, nodeMachine());
  const { profile } = place;
  const parts = { ...nodeMachine(), profile, fetch, now: Date.now };
  const prefix = `${place.prefix}dalsegno-suite/${randomUUID()}/`;
  const handle = () =>
    createS3Store({
      address,
      others,
      prefix,
      credentials: createCredentials(parts),
      fetch,
      now: Date.now,
      timeoutMs: 30_000,
    });
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

describe.runIf(GIVEN !== '')('the server of S3_STORE', () => {
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
