import { yieldToEventLoop } from '../../base/event-loop-turn.ts';
import {
  type Compare,
  changeChunks,
  chunksOf,
  type OrderedChunks,
} from '../../base/ordered-chunks.ts';
import { sortByNumber, sortInTurns } from '../../base/sort-in-turns.ts';
import { JobStatus } from '../../checkpoint/status.ts';
import type { JobEntry } from '../job-entry.ts';

/** A place in the order, with its time in microseconds. */
export type JobPlace = Pick<JobEntry, 'at' | 'key'>;

export type Jobs = OrderedChunks<JobEntry>;

/** The jobs by status, and those that name a lease, each in the order of all. */
export interface JobGroups {
  readonly byStatus: Readonly<Record<JobStatus, Jobs>>;
  readonly leased: Jobs;
}

/**
 * The jobs at one moment, in several orders. All but the first are made when they are asked for, and from then on each
 * change of a job changes them too.
 */
export interface JobOrders {
  /** Oldest first: a changed job becomes the newest, and appending moves no other entry. */
  readonly all: Jobs;
  groups(): Promise<JobGroups>;
  /** By name, and the jobs of one name in the order of all. */
  byName(): Promise<Jobs>;
  byId(): Promise<Jobs>;
  /** The orders after a change. Lets the event loop run in between. */
  changed(change: JobsChange): Promise<JobOrders>;
}

export interface JobsChange {
  readonly removed: readonly JobEntry[];
  readonly added: readonly JobEntry[];
}

/** So many jobs are changed or looked at in one turn of the event loop: a few milliseconds. */
const JOBS_A_TURN = 2_500;

export async function sortJobs(jobs: Iterable<JobEntry>): Promise<JobOrders> {
  return ordersOf(chunksOf(await sortByNumber(jobs, job => job.at, comparePlaces)), {});
}

export const NO_JOBS: JobOrders = ordersOf(chunksOf<JobEntry>([]), {});

/** What was asked for. */
interface Made {
  groups?: Promise<JobGroups> | undefined;
  byName?: Promise<Jobs> | undefined;
  byId?: Promise<Jobs> | undefined;
}

function ordersOf(all: Jobs, made: Made): JobOrders {
  async function sorted(compare: Compare<JobEntry>): Promise<Jobs> {
    return chunksOf(await sortInTurns(all.chunks.flat(), compare));
  }

  return {
    all,
    groups() {
      made.groups ??= groupsOf(all);
      return made.groups;
    },
    byName() {
      made.byName ??= sorted(compareNames);
      return made.byName;
    },
    byId() {
      made.byId ??= sorted(compareIds);
      return made.byId;
    },

    async changed(change) {
      return ordersOf(await changeJobs(all, comparePlaces, change), {
        groups: made.groups?.then(groups => changeGroups(groups, change)),
        byName: made.byName?.then(jobs => changeJobs(jobs, compareNames, change)),
        byId: made.byId?.then(jobs => changeJobs(jobs, compareIds, change)),
      });
    },
  };
}

/** By instant, then by key in reverse: a list runs backwards, so its keys ascend. */
export function comparePlaces(left: JobPlace, right: JobPlace): number {
  if (left.at !== right.at) return left.at - right.at;
  return -compareTexts(left.key, right.key);
}

export function compareNames(
  left: JobPlace & Pick<JobEntry, 'job_name'>,
  right: JobPlace & Pick<JobEntry, 'job_name'>,
): number {
  return compareTexts(left.job_name, right.job_name) || comparePlaces(left, right);
}

function compareIds(left: JobEntry, right: JobEntry): number {
  return compareTexts(left.job_id, right.job_id) || compareTexts(left.key, right.key);
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

async function groupsOf(all: Jobs): Promise<JobGroups> {
  const groups = new Map<JobStatus, JobEntry[]>();
  for (const status of JobStatus.options) groups.set(status, []);
  const leased: JobEntry[] = [];
  let looked = 0;
  for (const chunk of all.chunks) {
    for (const job of chunk) {
      groups.get(job.status)?.push(job);
      if (job.lease_key !== null) leased.push(job);
    }
    looked += chunk.length;
    if (looked < JOBS_A_TURN) continue;
    looked = 0;
    await yieldToEventLoop();
  }
  return {
    byStatus: await byStatus(async status => chunksOf(groups.get(status) ?? [])),
    leased: chunksOf(leased),
  };
}

async function changeGroups(groups: JobGroups, change: JobsChange): Promise<JobGroups> {
  const changeOf = (isMember: (job: JobEntry) => boolean): JobsChange => ({
    removed: change.removed.filter(isMember),
    added: change.added.filter(isMember),
  });
  return {
    byStatus: await byStatus(status =>
      changeJobs(
        groups.byStatus[status],
        comparePlaces,
        changeOf(job => job.status === status),
      ),
    ),
    leased: await changeJobs(
      groups.leased,
      comparePlaces,
      changeOf(job => job.lease_key !== null),
    ),
  };
}

async function byStatus(
  make: (status: JobStatus) => Promise<Jobs>,
): Promise<Readonly<Record<JobStatus, Jobs>>> {
  return {
    pending: await make('pending'),
    running: await make('running'),
    completed: await make('completed'),
    failed: await make('failed'),
    paused: await make('paused'),
    paused_at_chain: await make('paused_at_chain'),
    cancelled: await make('cancelled'),
  };
}

/** All removals come first: a job that changed may keep its place. */
async function changeJobs(
  jobs: Jobs,
  compare: Compare<JobEntry>,
  { removed, added }: JobsChange,
): Promise<Jobs> {
  const pieces = [
    ...piecesOf(removed).map(piece => ({ removed: piece, added: [] })),
    ...piecesOf(added).map(piece => ({ removed: [], added: piece })),
  ];
  let changed = jobs;
  for (const [index, piece] of pieces.entries()) {
    if (index > 1) await yieldToEventLoop();
    changed = changeChunks(changed, compare, piece);
  }
  return changed;
}

function piecesOf(jobs: readonly JobEntry[]): readonly (readonly JobEntry[])[] {
  const pieces: (readonly JobEntry[])[] = [];
  for (let at = 0; at < jobs.length; at += JOBS_A_TURN) {
    pieces.push(jobs.slice(at, at + JOBS_A_TURN));
  }
  return pieces;
}
