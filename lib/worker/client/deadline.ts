import type { Timing } from './timing.ts';

/** A moment by both clocks of this machine. */
export interface Moment {
  readonly elapsedMs: number;
  readonly wallMs: number;
}

/** Until when a lease surely holds. The holder may count on it up to here and no further. */
export type Deadline = Moment;

export function momentOf(timing: Timing): Moment {
  return { elapsedMs: timing.elapsedMs(), wallMs: timing.wallMs() };
}

/**
 * The lease lasts from when the service answered; the holder counts from when he asked, which was
 * earlier. The length is the difference of two times of the service: what this machine takes for the
 * time of day has no part in it.
 */
export function deadlineOf(
  sent: Moment,
  { server_time, expires_at }: { readonly server_time: string; readonly expires_at: string },
): Deadline {
  const leftMs = Date.parse(expires_at) - Date.parse(server_time);
  return { elapsedMs: sent.elapsedMs + leftMs, wallMs: sent.wallMs + leftMs };
}

export function isPast(deadline: Deadline, timing: Timing): boolean {
  return timing.elapsedMs() >= deadline.elapsedMs;
}

/**
 * Whether the lease may have ended as far as this machine can tell. A machine that slept may have a
 * steady clock that slept too, but not a wall clock; a wall clock that somebody set forward costs one
 * question too many.
 */
export function isInDoubt(deadline: Deadline, timing: Timing): boolean {
  return isPast(deadline, timing) || timing.wallMs() >= deadline.wallMs;
}
