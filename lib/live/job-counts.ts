import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { JobStatus } from '../checkpoint/status.ts';
import { JOB_KEYS } from '../keys/job-id.ts';
import { sinceOfKey } from '../keys/ready-hint.ts';
import { STANDINGS, type StandingKind, standingsFor } from '../lease/standing.ts';
import { isFinished } from '../lease/transfer.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { JobEntry } from '../storage/job-entry.ts';
import { JOB_FOLDER } from '../storage/job-summary.ts';
import type { JobOrder } from '../storage/lists/job-index.ts';
import { createJobList, type JobList } from '../storage/lists/job-list.ts';
import { firstObjects } from './first-objects.ts';
import type { LiveMoment } from './live-moment.ts';
import type { LiveReader } from './live-reader.ts';
import { createUnchanged } from './unchanged.ts';

/**
 * How many jobs there are. The names are those of the answer. Where a store counts many jobs, their standings are
 * what `countStandings` says.
 */
export interface JobCounts {
  readonly jobs: Readonly<Record<JobStatus, number>>;
  readonly total: number;
  readonly standing: Readonly<Record<StandingKind, number>>;
  /** Since when the job waits that has waited longest. Null if none waits. */
  readonly oldest_waiting_at: Timestamp | null;
  /** Leases that jobs name and that may not be taken, and those of them whose holders are late. */
  readonly leases: { readonly live: number; readonly stalled: number };
  /** Null where only jobs with a prefix are counted: an object that cannot be read has no job id. */
  readonly corrupt: number | null;
  /** Whether there may be more: not all jobs, leases and hints were listed. */
  readonly at_least: boolean;
}

export interface CountedJobs {
  readonly counts: JobCounts;
  readonly now: Timestamp;
}

export interface JobCounter {
  /** The jobs whose ids start with the prefix. Rejects with a `StoreError`. */
  count(prefix: string): Promise<CountedJobs>;
}

/** The jobs, and what is known of their leases and hints. */
interface Facts {
  readonly order: JobOrder;
  readonly moment: LiveMoment;
  readonly isWhole: boolean;
}

/** `limit` is how many objects of each kind are listed at most; null for all. */
export function createJobCounter(
  { store, reader }: Pick<ProtocolContext, 'store' | 'reader'>,
  { list, live, limit }: { list: JobList; live: LiveReader; limit: number | null },
): JobCounter {
  const known = createUnchanged<JobCounts>();

  async function countAll(prefix: string): Promise<CountedJobs> {
    const order = await list.current();
    const many = prefix === '' ? await order.countMany() : null;
    const tally = many === null ? null : await live.tally(many);
    if (many !== null && tally !== null) {
      const { standing, oldestWaitingAt, now } = tally;
      const corrupt = (await order.corrupt()).length;
      return { counts: countsOf({ jobs: many.counts, standing, oldestWaitingAt, corrupt }), now };
    }
    const moment = await live.read();
    const { now } = moment;
    const revisions = [order.revision, live.revision()];
    const unchanged = known.find(prefix, revisions, now);
    if (unchanged !== null) return { counts: unchanged, now };
    const counts = await countIn({ order, moment, most: null }, prefix);
    const at = Number(toUnixMicros(now));
    known.record(prefix, counts, { revisions, at, until: moment.unchangedUntil() });
    return { counts, now };
  }

  async function countFirst(prefix: string, most: number): Promise<CountedJobs> {
    const first = firstObjects(store, most);
    if (prefix === '' && (await hasGroupCounts(store))) {
      const whole = await list.current();
      const seen = await live.readFirst(first);
      return { counts: await countIn({ order: whole, moment: seen, most }, prefix), now: seen.now };
    }
    const order = await createJobList({ store: first.store, reader }).current();
    const moment = await live.readFirst(first);
    const isWhole = moment.isWhole && !first.wasCut(JOB_KEYS);
    return { counts: await countPart({ order, moment, isWhole }, prefix), now: moment.now };
  }

  return { count: prefix => (limit === null ? countAll(prefix) : countFirst(prefix, limit)) };
}

/** `most` is how many jobs are visited; null for all. */
async function countIn(
  { order, moment, most }: { order: JobOrder; moment: LiveMoment; most: number | null },
  prefix: string,
): Promise<JobCounts> {
  const counting = createCounting(moment, prefix);
  const isAll = prefix === '';
  const first = isAll && most !== null ? await order.tallyFirst(counting.add, most) : null;
  const known = isAll && most === null ? await order.tally(counting.add) : (first?.counts ?? null);
  if (known === null) await order.visit(counting.add, prefix);
  else counting.complete(known, first?.isWhole ?? true);
  const isWhole = moment.isWhole && (first?.isWhole ?? true);
  return counting.result({ isWhole, corrupt: isAll ? (await order.corrupt()).length : null });
}

/** Of the jobs in the order alone. `isWhole`: they are all. */
async function countPart({ order, moment, isWhole }: Facts, prefix: string): Promise<JobCounts> {
  const counting = createCounting(moment, prefix);
  await order.visit(counting.add, prefix);
  const corrupt = prefix === '' ? (await order.corrupt()).length : null;
  return counting.result({ isWhole, corrupt });
}

interface Counting {
  add(this: void, job: JobEntry): void;
  /** The jobs that were not added are known by their status. So is their standing, if all others were added. */
  complete(known: Readonly<Record<JobStatus, number>>, isWhole: boolean): void;
  result(rest: { readonly isWhole: boolean; readonly corrupt: number | null }): JobCounts;
}

function createCounting(moment: LiveMoment, prefix: string): Counting {
  const jobs = zeros(JobStatus.options);
  const standing = zeros(STANDINGS);
  let firstHint: string | null = null;
  return {
    add(job) {
      if (!job.job_id.startsWith(prefix)) return;
      jobs[job.status] += 1;
      const kind = moment.standingOf(job);
      if (moment.isCertain(job, kind)) standing[kind] += 1;
      if (kind !== 'waiting') return;
      const hint = moment.hintOf(job);
      if (firstHint === null || (hint !== null && hint < firstHint)) firstHint = hint;
    },
    complete(known, isWhole) {
      for (const status of JobStatus.options) {
        for (const kind of standingsFor(status, false).slice(0, 1)) {
          if (isWhole || isFinished(status)) standing[kind] += known[status] - jobs[status];
        }
        jobs[status] = known[status];
      }
    },
    result({ isWhole, corrupt }) {
      const oldestWaitingAt = firstHint === null ? null : sinceOfKey(firstHint);
      return { ...countsOf({ jobs, standing, oldestWaitingAt, corrupt }), at_least: !isWhole };
    },
  };
}

function countsOf(counted: {
  readonly jobs: Readonly<Record<JobStatus, number>>;
  readonly standing: Readonly<Record<StandingKind, number>>;
  readonly oldestWaitingAt: Timestamp | null;
  readonly corrupt: number | null;
}): JobCounts {
  const { jobs, standing, oldestWaitingAt, corrupt } = counted;
  const { held, stalled, ending } = standing;
  return {
    jobs,
    total: JobStatus.options.reduce((sum, status) => sum + jobs[status], 0),
    standing,
    oldest_waiting_at: oldestWaitingAt,
    leases: { live: held + stalled + ending, stalled },
    corrupt,
    at_least: false,
  };
}

/** Whether the store counts its jobs by status: it reads what it is asked for, and nothing else. */
export async function hasGroupCounts({ ordered }: ProtocolContext['store']): Promise<boolean> {
  return ordered !== null && ordered.countGroups !== null && ordered.isComplete(JOB_FOLDER);
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) counts[name] = 0;
  return counts as Record<Name, number>;
}
