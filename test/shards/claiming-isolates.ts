import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import type { AppClient } from '../support/app.ts';
import { leaseOf } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

/** What isolates asked while they claimed at the same time. */
export interface Claiming {
  readonly world: ShardWorld;
  readonly jobs: readonly { readonly id: string; readonly createdAtMs: number }[];
  readonly grants: readonly { readonly id: string; readonly atMs: number }[];
  /** Claims that were answered that no job waits, while one waited that was there before the claim and after it. */
  readonly missed: readonly string[];
  readonly spent: Spent;
}

export interface Spent {
  claims: number;
  /** Reads of jobs. */
  reads: number;
  /** Writes of jobs, also refused ones. */
  puts: number;
  /** Calls of shards. */
  calls: number;
}

/**
 * Isolates claim in rounds, all at once, each with its own list of hints, while jobs are created: as many as are claimed, and
 * a start of `waiting`. The seed decides the order of all remote calls.
 */
export async function claimFromIsolates({
  isolates,
  seed,
  waiting,
  rounds,
}: {
  readonly isolates: number;
  readonly seed: number;
  readonly waiting: number;
  readonly rounds: number;
}): Promise<Claiming> {
  const random = seededRandom(seed);
  const spent: Spent = { claims: 0, reads: 0, puts: 0, calls: 0 };
  let isCounted = false;
  const turns = async (): Promise<void> => {
    for (let left = Math.floor(random.fraction() * 4); left > 0; left -= 1) await nextTurn();
  };
  const world = await openWorld({
    shards: 4,
    wrap: bucket => counted(bucket, { turns, spent: () => (isCounted ? spent : null) }),
    under() {
      if (isCounted) spent.calls += 1;
      return turns();
    },
  });
  const apps = Array.from({ length: isolates }, (_, at) => world.openIsolate(10 * seed + at));
  const jobs: { id: string; createdAtMs: number }[] = [];
  const grants: { id: string; atMs: number }[] = [];
  const missed: string[] = [];

  async function create(): Promise<void> {
    const id = `job-${jobs.length}`;
    await world.app.create({ job_id: id });
    jobs.push({ id, createdAtMs: world.clock.millis() });
    await world.advance(1);
  }

  async function claim(app: AppClient): Promise<void> {
    const before = jobs.map(({ id }) => id);
    const answer = await app.ask('POST', '/v1/claims', {
      json: { holder: 'w-1', ttl_seconds: 3_600 },
    });
    spent.claims += 1;
    if (answer.status === 201) {
      grants.push({ id: leaseOf(answer).job_id, atMs: world.clock.millis() });
    } else missed.push(...before);
  }

  for (let made = 0; made < waiting; made += 1) await create();
  for (let round = 0; round < rounds; round += 1) {
    isCounted = true;
    await Promise.all(apps.map(claim));
    isCounted = false;
    await world.advance(Math.floor(random.fraction() * 400));
    for (const _ of apps) await create();
  }
  const granted = new Set(grants.map(({ id }) => id));
  return { world, jobs, grants, missed: missed.filter(id => !granted.has(id)), spent };
}

function counted(
  inner: R2BucketLike,
  { turns, spent }: { readonly turns: () => Promise<void>; readonly spent: () => Spent | null },
): R2BucketLike {
  async function count<T>(kind: 'reads' | 'puts', task: () => Promise<T>): Promise<T> {
    const counts = spent();
    if (counts !== null) counts[kind] += 1;
    await turns();
    return task();
  }
  return {
    ...inner,
    get: key => count('reads', () => inner.get(key)),
    head: key => count('reads', () => inner.head(key)),
    put: (key, body, options) => count('puts', () => inner.put(key, body, options)),
  };
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
