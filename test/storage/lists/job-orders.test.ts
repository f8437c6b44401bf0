import { describe, expect, it } from 'vitest';
import {
  fromUnixMicros,
  instantKey,
  type Timestamp,
  toUnixMicros,
} from '../../../lib/base/timestamp.ts';
import { JobStatus } from '../../../lib/checkpoint/status.ts';
import { STANDINGS, type StandingKind, standingsFor } from '../../../lib/lease/standing.ts';
import type { JobEntry } from '../../../lib/storage/job-entry.ts';
import { boundsOf, type JobFilter, matcherOf } from '../../../lib/storage/job-filter.ts';
import { type IndexedJob, summarize } from '../../../lib/storage/job-summary.ts';
import { createJobIndex, type JobOrder } from '../../../lib/storage/lists/job-index.ts';
import type { FoundJobs, JobSearch, Position } from '../../../lib/storage/lists/job-search.ts';
import type { Change, Version } from '../../../lib/store.ts';
import { seeds } from '../../support/effort.ts';
import { aHeldJob } from '../../support/lease.ts';
import { seededRandom } from '../../support/random.ts';

const SEEDS = seeds(1);
const SEARCHES = 12;

const SUMMARY = summarize(aHeldJob(), 'v' as Version);
const FREE = { holder: null, lease_id: null };
const FIRST = toUnixMicros(SUMMARY.updated_at);

type Random = ReturnType<typeof seededRandom>;

function timeAt(micros: number): Timestamp {
  return fromUnixMicros(FIRST + BigInt(micros)) ?? SUMMARY.updated_at;
}

/** An index whose jobs change at random, in many small steps and some large ones. */
function makeWorld(random: Random) {
  const below = (count: number) => Math.floor(random.fraction() * count);
  const jobs = new Map<string, IndexedJob>();
  const changes: Change[] = [];
  let version = 0;
  const index = createJobIndex({
    follower: {
      async *poll() {
        yield* changes.splice(0);
      },
    },
    read({ key }) {
      const summary = jobs.get(key);
      return summary === undefined ? { kind: 'gone' } : { kind: 'job', summary };
    },
  });

  function put(job_id: string, parts: Partial<IndexedJob>, micros: number): void {
    version += 1;
    const key = `jobs/${job_id}.json`;
    jobs.set(key, { ...SUMMARY, ...FREE, job_id, updated_at: timeAt(micros), ...parts });
    changes.push({ kind: 'labelled', key, version: String(version) as Version, label: '' });
  }

  function changeOne(idCount: number): void {
    const job_id = `job-${below(idCount)}`;
    const key = `jobs/${job_id}.json`;
    if (random.fraction() < 0.25) {
      jobs.delete(key);
      changes.push({ kind: 'removed', key });
      return;
    }
    const isLeased = random.fraction() < 0.2;
    const parts = {
      job_name: `name ${below(4)}`,
      status: JobStatus.options[below(JobStatus.options.length)] ?? 'running',
      ...(isLeased ? { holder: `holder ${below(3)}`, lease_id: 'lease' } : FREE),
    };
    put(job_id, parts, below(300));
  }

  return {
    index,
    change(count: number, idCount: number) {
      for (let done = 0; done < count; done += 1) changeOne(idCount);
    },
    put,
    /** The keys of all jobs, the oldest first, and of one moment the last first. */
    keys: () =>
      [...jobs]
        .map(([key, { updated_at }]) => ({ key, at: Number(toUnixMicros(updated_at)) }))
        .toSorted((left, right) => left.at - right.at || (left.key > right.key ? -1 : 1))
        .map(({ key }) => key),
  };
}

/** All jobs of the order, the oldest first, which are those of the world. */
async function allJobs(order: JobOrder, world: ReturnType<typeof makeWorld>) {
  const all: JobEntry[] = [];
  await order.visit(job => all.push(job));
  expect(all.map(({ key }) => key)).toEqual(world.keys());
  return all;
}

/** Looks at every job, as the rule of a page says. */
function scan(
  oldestFirst: readonly JobEntry[],
  { after, ordering, limit, accepts }: JobSearch,
): FoundJobs {
  const all = ordering === 'newest' ? oldestFirst.toReversed() : oldestFirst;
  const from = after === null ? 0 : all.findIndex(job => isBehind(job, after, ordering));
  const rest = from < 0 ? [] : all.slice(from);
  const jobs: JobEntry[] = [];
  let searched = 0;
  for (const job of rest) {
    if (jobs.length === limit) break;
    if (accepts(job)) jobs.push(job);
    searched += 1;
  }
  const last = jobs.at(-1);
  const isMore = searched < rest.length && last !== undefined;
  return { jobs, next: isMore ? positionOf(last) : null, read: 0 };
}

function positionOf({ at, key }: Pick<JobEntry, 'at' | 'key'>): Position {
  return { instant: instantKey(fromUnixMicros(BigInt(at)) ?? SUMMARY.updated_at), key };
}

function isBehind(job: JobEntry, after: Position, ordering: JobSearch['ordering']): boolean {
  const { instant, key } = positionOf(job);
  if (instant === after.instant) return ordering === 'newest' ? key > after.key : key < after.key;
  return ordering === 'newest' ? instant < after.instant : instant > after.instant;
}

function standingOf({ status, lease_key, at }: JobEntry): StandingKind {
  const kinds = standingsFor(status, lease_key !== null);
  return kinds[at % kinds.length] ?? 'resting';
}

function randomFilter(random: Random): JobFilter {
  const is = (share: number) => random.fraction() < share;
  const below = (count: number) => Math.floor(random.fraction() * count);
  return {
    ...(is(0.4) ? { statuses: JobStatus.options.filter(() => is(0.3)) } : {}),
    ...(is(0.3) ? { standings: STANDINGS.filter(() => is(0.3)) } : {}),
    ...(is(0.3) ? { jobName: `name ${below(5)}` } : {}),
    ...(is(0.2) ? { holder: `holder ${below(4)}` } : {}),
    ...(is(0.3) ? { prefix: `job-${below(12)}` } : {}),
    ...(is(0.2) ? { query: String(below(10)) } : {}),
    ...(is(0.3) ? { updatedBefore: timeAt(below(320) - 10) } : {}),
  };
}

/** The pages of one list, and what they must be. */
async function pagesOf(
  order: JobOrder,
  all: readonly JobEntry[],
  random: Random,
): Promise<readonly [object, object]> {
  const filter = randomFilter(random);
  const ordering = random.fraction() < 0.5 ? 'newest' : 'oldest';
  const limit = 1 + Math.floor(random.fraction() ** 3 * 60);
  const accepts = matcherOf(filter, standingOf);
  let after: Position | null = null;
  const pages: unknown[] = [];
  const expected: unknown[] = [];
  do {
    const query: JobSearch = { after, ordering, limit, accepts, ...boundsOf(filter) };
    const page: FoundJobs = await order.page(query);
    pages.push(shown(page));
    expected.push(shown(scan(all, query)));
    after = page.next;
  } while (after !== null && pages.length < 4);
  return [
    { filter, ordering, limit, pages },
    { filter, ordering, limit, pages: expected },
  ];
}

function shown({ jobs, next }: FoundJobs) {
  return { keys: jobs.map(({ key }) => key), next };
}

describe.each([
  { idCount: 40, steps: 60 },
  { idCount: 2_500, steps: 10 },
])('of $idCount jobs', ({ idCount, steps }) => {
  it.each(SEEDS)('page() has the pages of a search through all, with seed %i', async seed => {
    const random = seededRandom(seed);
    const world = makeWorld(random);
    world.change(idCount, idCount);
    for (let step = 0; step < steps; step += 1) {
      world.change(Math.floor(random.fraction() ** 4 * idCount), idCount);
      const order = await world.index.current();
      const all = await allJobs(order, world);
      for (let search = 0; search < SEARCHES; search += 1) {
        const [pages, expected] = await pagesOf(order, all, random);
        expect(pages).toEqual(expected);
      }
    }
  });

  it.each(SEEDS)('tally() counts as a visit does, with seed %i', async seed => {
    const random = seededRandom(seed);
    const world = makeWorld(random);
    await world.index.current();
    for (let step = 0; step < steps; step += 1) {
      world.change(Math.floor(random.fraction() ** 4 * idCount), idCount);
      const order = await world.index.current();
      const all = await allJobs(order, world);
      const seen: JobEntry[] = [];
      const counts = await order.tally(job => seen.push(job));
      const expected = Map.groupBy(all, ({ status }) => status);
      for (const status of JobStatus.options)
        expect(counts?.[status]).toBe(expected.get(status)?.length ?? 0);
      const open = all.filter(
        ({ status, lease_key }) => lease_key !== null || standingsFor(status, false).length > 1,
      );
      expect(new Set(seen)).toEqual(new Set(open));
      expect(seen.length).toBe(open.length);
    }
  });
});

describe('a search', () => {
  /** How many jobs are looked at. */
  async function lookedAt(order: JobOrder, filter: JobFilter): Promise<number> {
    let count = 0;
    const matches = matcherOf(filter, standingOf);
    const accepts = (job: JobEntry) => {
      count += 1;
      return matches(job);
    };
    await order.page({ after: null, ordering: 'newest', limit: 50, accepts, ...boundsOf(filter) });
    return count;
  }

  async function makeOrder(currentCalls: number): Promise<JobOrder> {
    const { index, put } = makeWorld(seededRandom());
    for (let at = 0; at < 6_000; at += 1) put(`job-${at}`, { status: 'completed' }, at);
    for (let call = 1; call < currentCalls; call += 1) await index.current();
    return index.current();
  }

  it.each<[string, JobFilter]>([
    ['a status', { statuses: ['failed', 'paused'] }],
    ['a name', { jobName: 'another name' }],
    ['a holder', { holder: 'holder 1' }],
    ['a standing of leased jobs', { standings: ['zombie'] }],
    ['a prefix', { prefix: 'other-' }],
    ['a time', { updatedBefore: timeAt(-1) }],
    ['a part of a name and a status', { query: 'name', statuses: ['running'] }],
  ])('looks at no job where none has %s', async (_, filter) => {
    expect(await lookedAt(await makeOrder(2), filter)).toBe(0);
  });

  it('looks only at the jobs with the prefix', async () => {
    expect(await lookedAt(await makeOrder(2), { prefix: 'job-59', query: 'none' })).toBe(111);
  });

  it('looks at all jobs where the index lives for one list', async () => {
    expect(await lookedAt(await makeOrder(1), { statuses: ['failed'] })).toBe(6_000);
  });
});
