/**
 * A process of its own on a state folder: with every message as many claimers as it says try to get the
 * one job, half of them by its id, and it answers with what was granted.
 *
 *   <directory> <claimers>
 */

import { on } from 'node:events';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { Result } from '../../lib/failure.ts';
import { jobKey } from '../../lib/keys/job-id.ts';
import type { Grant } from '../../lib/protocol/granted.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { createFileStore } from '../../lib/stores/file.ts';

const [directory = '', claimers = ''] = process.argv.slice(2);
const store = await createFileStore({
  directory,
  now: () => systemClock.millis(),
  random: () => systemRandom.fraction(),
});
const { leases } = createRepository({
  store,
  clock: systemClock,
  random: systemRandom,
  memory: createProcessMemory({ cacheBytes: 1 << 20 }),
});

function tryToGet(claimer: number): Promise<Result<Grant | null>> {
  const holder = `${process.pid}-${claimer}`;
  const ask = { holder, ttlSeconds: 60, key: null, isGone: () => false };
  if (claimer % 2 === 0) return leases.claim({ ...ask, jobName: null, jobPrefix: '' });
  return leases.acquire({ jobId: 'job-1', key: jobKey('job-1') }, ask);
}

async function race(): Promise<readonly unknown[]> {
  const racers = Array.from({ length: Number(claimers) }, (_, claimer) => tryToGet(claimer));
  const outcomes = await Promise.all(racers);
  return outcomes.flatMap(outcome => {
    if (!outcome.ok || outcome.value === null) return [];
    const { lease, token } = outcome.value;
    return [{ epoch: lease.epoch, holder: lease.holder, token }];
  });
}

process.send?.('ready');
const starts = on(process, 'message', { close: ['disconnect'] });
while ((await starts.next()).done !== true) process.send?.(await race());
