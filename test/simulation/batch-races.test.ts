import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { movableSystemClock } from '../support/clock.ts';
import { seeds } from '../support/effort.ts';
import { makeFolder } from '../support/folder.ts';
import { keysOf, type ShownLease } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';
import { withJointWrites } from '../support/steps/joint-writes.ts';
import { unsteadyStore } from './unsteady-store.ts';

const JOBS = 60;
const IDS = Array.from({ length: JOBS }, (_, index) => `job-${String(index).padStart(2, '0')}`);

function jobsIn(answer: Answer): string[] {
  if (answer.status !== 201) return [];
  const json = answer.json as { lease: ShownLease } | { grants: { lease: ShownLease }[] };
  const grants = 'grants' in json ? json.grants : [json];
  return grants.map(({ lease }) => lease.job_id);
}

/** Claims batches of any size until nothing is granted any more. */
async function claimAll(
  app: AppClient,
  { seed, failures }: { seed: number; failures: number },
): Promise<string[]> {
  const random = seededRandom(seed);
  const got: string[] = [];
  for (let misses = 0; misses <= failures; ) {
    const max = 1 + Math.floor(random.fraction() * 12);
    const answer = await app.ask('POST', '/v1/claims', { json: { holder: `w-${seed}`, max } });
    const jobs = jobsIn(answer);
    expect([201, 204, 503]).toContain(answer.status);
    got.push(...jobs);
    if (jobs.length === 0) misses += 1;
  }
  return got;
}

async function epochsIn(app: AppClient): Promise<number[]> {
  const states = await Promise.all(IDS.map(id => app.ask('GET', `/v1/jobs/${id}`)));
  return states.map(({ json }) => (json as { dalsegno: { epoch: number } }).dalsegno.epoch);
}

describe.each([
  ['makes each write in a step of its own', createMemoryStore],
  ['writes a grant in one step', () => withJointWrites(createMemoryStore())],
])('batches that two processes claim from one store, which %s', (_name, openInner) => {
  it.each(seeds(3))('have each job once, by the schedule of seed %i', async seed => {
    const inner = openInner();
    const clock = movableSystemClock();
    const setUp = openApp({ store: inner, clock, seed: 100 });
    for (const job_id of IDS) await setUp.create({ job_id });
    const openOn = (store: ObjectStore, own: number) => openApp({ store, clock, seed: own });
    const processes = [1, 2].map(own => {
      const random = seededRandom(10 * seed + own);
      return openOn(unsteadyStore(inner, { random, failureShare: 0 }).store, own);
    });
    const claimers = processes.flatMap((app, at) =>
      [1, 2, 3].map(own => claimAll(app, { seed: 1_000 * seed + 10 * at + own, failures: 0 })),
    );
    const got = (await Promise.all(claimers)).flat();
    expect(got.toSorted()).toEqual(IDS);
    expect(await epochsIn(setUp)).toEqual(IDS.map(() => 1));
    expect(await keysOf(inner, 'leases/')).toHaveLength(JOBS);
  });

  it.each(seeds(2))('have no job twice where the store fails, by seed %i', async seed => {
    const inner = openInner();
    const clock = movableSystemClock();
    const setUp = openApp({ store: inner, clock, seed: 100 });
    for (const job_id of IDS) await setUp.create({ job_id });
    const unsteady = [1, 2].map(own =>
      unsteadyStore(inner, { random: seededRandom(20 * seed + own), failureShare: 0.02 }),
    );
    const got = await Promise.all(
      unsteady.map(({ store }, at) =>
        claimAll(openApp({ store, clock, seed: at + 1 }), { seed: seed * 7 + at, failures: 20 }),
      ),
    );
    const jobs = got.flat();
    expect(new Set(jobs).size).toBe(jobs.length);
    expect(await epochsIn(setUp)).toEqual(IDS.map(() => 1));
    // A job whose grant was lost to an error is held until its lease expires, and then given to another claim.
    for (const store of unsteady) store.calm();
    clock.advance(61_000);
    const lost = IDS.filter(id => !jobs.includes(id));
    clock.advance(61_000);
    await setUp.ask('POST', '/v1/sweep');
    clock.advance(2_000);
    const rest = await claimAll(setUp, { seed, failures: 1 });
    expect(rest).toEqual(expect.arrayContaining(lost));
  });
});

describe('batches that two processes claim', () => {
  it('have each job once in a folder', async () => {
    const folder = await makeFolder();
    const clock = movableSystemClock();
    const processes = [
      openApp({ store: await folder.open(), clock, seed: 1 }),
      openApp({ store: await folder.open(), clock, seed: 2 }),
    ];
    for (const [index, job_id] of IDS.entries()) await processes[index % 2]?.create({ job_id });
    const got = await Promise.all(
      processes.flatMap((app, at) =>
        [1, 2].map(own => claimAll(app, { seed: 10 * at + own, failures: 0 })),
      ),
    );
    expect(got.flat().toSorted()).toEqual(IDS);
    expect(got.filter(jobs => jobs.length > 0).length).toBeGreaterThan(1);
  });
});
