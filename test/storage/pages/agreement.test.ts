import { describe, expect, it } from 'vitest';
import { fromUnixMicros, toUnixMicros } from '../../../lib/base/timestamp.ts';
import { encodeState } from '../../../lib/checkpoint/codec.ts';
import { JobStatus } from '../../../lib/checkpoint/status.ts';
import { jobKey } from '../../../lib/keys/job-id.ts';
import { createJobCache } from '../../../lib/storage/job-cache.ts';
import type { JobFilter, JobOrdering } from '../../../lib/storage/job-filter.ts';
import { createJobReader } from '../../../lib/storage/job-reader.ts';
import {
  JOB_FOLDER,
  JOB_ORDERING,
  outlineOf,
  storedLabelOf,
} from '../../../lib/storage/job-summary.ts';
import { createJobList, type JobList } from '../../../lib/storage/lists/job-list.ts';
import { type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import { createDenoKvStore } from '../../../lib/stores/deno-kv.ts';
import { openJobShards } from '../../stores/store-kinds.ts';
import { frozenClock } from '../../support/clock.ts';
import { seeds } from '../../support/effort.ts';
import { aHeldJob } from '../../support/lease.ts';
import { seededRandom } from '../../support/random.ts';

const SEEDS = seeds(1);
const STEPS = 150;
const LISTS = 12;
const JOBS = 130;

const KINDS: Readonly<Record<string, (seed: number) => Promise<ObjectStore>>> = {
  async 'Deno KV'(seed) {
    const parts = { kv: createKvShim({ now: () => 0 }), random: seededRandom(seed + 100) };
    return createDenoKvStore({ ...parts, now: () => 0, ordering: JOB_ORDERING });
  },
  shards: () => openJobShards(() => 0),
};

describe.each(Object.entries(KINDS))('a list by place of %s', (_, open) => {
  it.each(SEEDS)('has the pages of the list in memory, with seed %i', async seed => {
    const { store, random, change } = makeWorld(seed, await open(seed));
    const pages = listOf(store);
    const whole = listOf({ ...store, ordered: null });
    for (let step = 0; step < STEPS; step += 1) await change();
    for (let list = 0; list < LISTS; list += 1) {
      await change();
      const filter = randomFilter(random);
      const limit = 1 + Math.floor(random.fraction() * 40);
      const order = random.fraction() < 0.5 ? 'newest' : 'oldest';
      const query = { ...filter, limit, order } as const;
      const asked = { query, ...(await allPages(pages, query)) };
      expect(asked).toEqual({ query, ...(await allPages(whole, query)) });
    }
  });
});

type Random = ReturnType<typeof seededRandom>;

/** Jobs that are saved, changed, corrupted and deleted. Many have the same time of their last change. */
function makeWorld(seed: number, store: ObjectStore) {
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random.fraction() * count);
  const base = aHeldJob();
  let isComplete = false;

  async function change(): Promise<void> {
    if (!isComplete) await store.ordered?.complete(JOB_FOLDER, 1);
    isComplete = true;
    const jobId = `job-${'é'.repeat(below(2))}${below(JOBS)}`;
    const key = jobKey(jobId);
    const kind = random.fraction();
    if (kind < 0.1) {
      await store.delete(key, UNCONDITIONAL);
      return;
    }
    if (kind < 0.13) {
      await store.put(key, new TextEncoder().encode('{'), UNCONDITIONAL);
      return;
    }
    const updated = fromUnixMicros(toUnixMicros(base.updated_at) + BigInt(below(60)));
    const state = {
      ...base,
      job_id: jobId,
      job_name: `name ${below(3)}`,
      status: JobStatus.options[below(JobStatus.options.length)] ?? 'running',
      error_message: random.fraction() < 0.1 ? 'é'.repeat(490) : null,
      updated_at: updated ?? base.updated_at,
    };
    const label = storedLabelOf(outlineOf(state), store);
    await store.put(key, encodeState(state).file, UNCONDITIONAL, label);
  }

  return { store, random, change };
}

function listOf(store: ObjectStore): JobList {
  const reader = createJobReader({ store, clock: frozenClock(), cache: createJobCache(1_000_000) });
  return createJobList({ store, reader });
}

function randomFilter(random: Random): JobFilter {
  const is = (share: number) => random.fraction() < share;
  const at = toUnixMicros(aHeldJob().updated_at) + BigInt(Math.floor(random.fraction() * 70) - 5);
  return {
    ...(is(0.5) ? { statuses: JobStatus.options.filter(() => is(0.4)) } : {}),
    ...(is(0.3) ? { jobName: 'name 1' } : {}),
    ...(is(0.2) ? { holder: 'w-1' } : {}),
    ...(is(0.3) ? { prefix: 'job-1' } : {}),
    ...(is(0.4) ? { updatedBefore: fromUnixMicros(at) } : {}),
  };
}

/** The jobs page by page. The list in memory may end with an empty page: it does not look for the next match. */
async function allPages(
  list: JobList,
  query: JobFilter & { readonly limit: number; readonly order: JobOrdering },
) {
  const jobs: unknown[] = [];
  const corrupt: unknown[] = [];
  const cursors: (string | null)[] = [];
  let cursor: string | null = null;
  do {
    const page = await list.page({ ...query, cursor });
    if (!page.ok) throw new Error(`The page was refused: ${page.failure.code}`);
    if (page.value.jobs.length > 0) cursors.push(cursor);
    jobs.push(...page.value.jobs);
    corrupt.push(...page.value.corrupt.map(({ path }) => path));
    cursor = page.value.nextCursor;
  } while (cursor !== null);
  return { jobs, corrupt: new Set(corrupt), cursors };
}
