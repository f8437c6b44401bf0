import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { JobStatus } from '../checkpoint/status.ts';
import { parseReadyKey, READY_KEYS, sinceOf } from '../keys/ready-hint.ts';
import { canHaveHint, hintStatus } from '../lease/hint-rules.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { STANDINGS, type StandingKind } from '../lease/standing.ts';
import { isFinished } from '../lease/transfer.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { CountedGroups } from '../storage/lists/job-index.ts';
import type { LiveMoment } from './live-moment.ts';

/** So many leases are judged in one turn of the event loop: a few milliseconds. */
const LEASES_A_TURN = 2_500;
/** Of the jobs of the first hints, to pass over hints that are left over: they stay at the front until a claim removes them. */
const MOST_READ = 20;

/**
 * The standings of many jobs, without a look at each: a hint counts as a waiting job, a lease that may not be taken as the holding of a
 * job, and what the counts by status leave over as unleased, zombie and resting jobs. That is what a look at each job finds, but for
 * jobs that change meanwhile, and for what a crash has left: a hint or a lease without its job, until a claim or a sweep removes it.
 * A running job with names too long for its label counts as one that names a lease.
 * `leaseKeys` are those that the moment knows.
 */
export async function countStandings(
  { counts, named }: CountedGroups,
  { moment, leaseKeys, hints }: { moment: LiveMoment; leaseKeys: Iterable<string>; hints: number },
): Promise<Record<StandingKind, number>> {
  const entries = STANDINGS.map((kind): [StandingKind, number] => [kind, 0]);
  const standing = Object.fromEntries(entries) as Record<StandingKind, number>;
  let judged = 0;
  for (const key of leaseKeys) {
    standing[moment.standingUnder(key)] += 1;
    judged += 1;
    if (judged % LEASES_A_TURN === 0) await yieldToEventLoop();
  }
  const live = standing.held + standing.stalled + standing.ending;
  let stopped = 0;
  let claimable = 0;
  for (const status of JobStatus.options) {
    if (isFinished(status)) standing.finished += counts[status];
    else if (status !== 'running') stopped += counts[status];
    if (canHaveHint({ status })) claimable += counts[status];
  }
  // A job may also be stopped, and its lease not ended yet.
  const held = Math.min(live, named.running);
  standing.zombie = named.running - held;
  standing.unleased = counts.running - named.running;
  standing.waiting = Math.min(hints, claimable);
  standing.resting = Math.max(0, stopped - standing.waiting - (live - held));
  return standing;
}

/** Since when the first job waits that a claim may take. Null if none waits. */
export async function oldestWaiting({
  store,
  reader,
}: Pick<ProtocolContext, 'store' | 'reader'>): Promise<Timestamp | null> {
  let read = 0;
  for await (const { key } of store.list(READY_KEYS, READY_KEYS, { labels: false })) {
    const hint = parseReadyKey(key);
    if (hint === null) continue;
    if (read === MOST_READ) return sinceOf(hint);
    read += 1;
    const job = await reader.read(hint.jobKey);
    if (job?.kind !== 'job' || namedLeaseOf(job.state) !== null) continue;
    if (hintStatus(hint, job.state) === 'claimable') return sinceOf(hint);
  }
  return null;
}
