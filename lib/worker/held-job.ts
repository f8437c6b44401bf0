import type { Deadline } from './client/deadline.ts';
import type { Grant, HeldLease, Lease, LeaseRequest } from './client/grant.ts';
import { Interruption, type InterruptionCause } from './interruption.ts';

/** A job that this worker has leased. The heartbeat loop and the job run share it. */
export interface HeldJob {
  readonly held: HeldLease;
  /** From the last answer of the service. */
  lease: Lease;
  /** The request of an operator, from the last answer of the service. */
  requested: LeaseRequest | null;
  /** The latest progress; undefined if there is nothing new to report. */
  progress: unknown;
  /** The sheet that the progress is of. */
  progressSheet: number | null;
  /** Called when an operator requests something. */
  onRequested: (() => void) | null;
  deadline: Deadline;
  /** When the service last answered a heartbeat, or granted the lease, in `elapsedMs`. */
  renewedAtMs: number;
  /** Aborted, with an `Interruption`, when the current sheet must stop. */
  readonly interrupted: AbortSignal;
  /** Aborted when the lease is lost: nothing is written after that. */
  readonly lost: AbortSignal;
  lostBy: 'refused' | 'deadline';
  /** Aborted when the lease is lost, or the worker has no more time: no write is tried again. */
  readonly writesEnded: AbortSignal;
  /** Aborted when the worker has no more time to release the job. */
  readonly releaseEnded: AbortSignal;
  /** Only the first cause counts, but a lost lease always counts. */
  interrupt(why: InterruptionCause): void;
  endWrites(): void;
  endRelease(): void;
}

export function createHeldJob(grant: Grant, now: number): HeldJob {
  const interrupted = new AbortController();
  const lost = new AbortController();
  const writesEnded = new AbortController();
  const releaseEnded = new AbortController();
  return {
    held: grant.held,
    lease: grant.lease,
    requested: grant.lease.requested,
    progress: undefined,
    progressSheet: null,
    onRequested: null,
    deadline: grant.deadline,
    renewedAtMs: now,
    interrupted: interrupted.signal,
    lost: lost.signal,
    lostBy: 'refused',
    writesEnded: writesEnded.signal,
    releaseEnded: releaseEnded.signal,
    interrupt(why) {
      const reason = new Interruption(why);
      if (why === 'lost') {
        lost.abort(reason);
        writesEnded.abort(reason);
      }
      interrupted.abort(reason);
    },
    endWrites: () => writesEnded.abort(),
    endRelease: () => releaseEnded.abort(),
  };
}

/** Null if the run may continue. */
export function interruptionOf({ lost, interrupted }: HeldJob): InterruptionCause | null {
  if (lost.aborted) return 'lost';
  const { reason } = interrupted;
  return reason instanceof Interruption ? reason.why : null;
}
