import type { Deadline } from './client/deadline.ts';
import type { Grant, Held, Lease, LeaseRequest } from './client/grant.ts';
import { Interruption, type InterruptionCause } from './interruption.ts';

/** A job in the hands of this worker, as the heart keeps it alive and the run asks after it. */
export interface HeldJob {
  readonly held: Held;
  /** As the service last told it. */
  lease: Lease;
  /** What an operator asks, as the service last told it. */
  requested: LeaseRequest | null;
  /** The latest; undefined where there is nothing new to tell. */
  progress: unknown;
  deadline: Deadline;
  /** When the service last answered a heartbeat, or granted the lease, by the steady clock. */
  renewedAtMs: number;
  /** Aborted, with an `Interruption`, when the sheet that runs is to stop. */
  readonly interrupted: AbortSignal;
  /** Aborted when the lease is lost: from then on nothing is written. */
  readonly lost: AbortSignal;
  lostBy: 'refused' | 'deadline';
  /** Aborted when the lease is lost, or the worker has no more time: no further try of any write. */
  readonly spent: AbortSignal;
  /** Aborted when the worker has no more time even to give the job back. */
  readonly ended: AbortSignal;
  /** The first cause counts; that a lease is lost counts always. */
  interrupt(why: InterruptionCause): void;
  giveUp(): void;
  end(): void;
}

export function createHeldJob(grant: Grant, now: number): HeldJob {
  const interrupted = new AbortController();
  const lost = new AbortController();
  const spent = new AbortController();
  const ended = new AbortController();
  return {
    held: grant.held,
    lease: grant.lease,
    requested: grant.lease.requested,
    progress: undefined,
    deadline: grant.deadline,
    renewedAtMs: now,
    interrupted: interrupted.signal,
    lost: lost.signal,
    lostBy: 'refused',
    spent: spent.signal,
    ended: ended.signal,
    interrupt(why) {
      const reason = new Interruption(why);
      if (why === 'lost') {
        lost.abort(reason);
        spent.abort(reason);
      }
      interrupted.abort(reason);
    },
    giveUp: () => spent.abort(),
    end: () => ended.abort(),
  };
}

/** Null while nothing stands against going on. */
export function interruptionOf({ lost, interrupted }: HeldJob): InterruptionCause | null {
  if (lost.aborted) return 'lost';
  const { reason } = interrupted;
  return reason instanceof Interruption ? reason.why : null;
}
