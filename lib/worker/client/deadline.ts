import type { Timing } from './timing.ts';

/** A moment on both clocks of this machine, in milliseconds. */
export interface Moment {
  readonly elapsedMs: number;
  readonly wallMs: number;
}

/** Until when a lease certainly runs. After this the holder must not rely on it. */
export type Deadline = Moment;

export function momentOf(timing: Timing): Moment {
  return { elapsedMs: timing.elapsedMs(), wallMs: timing.wallMs() };
}

/**
 * The deadline of a lease, counted from when the request was sent. The service counts from its answer, which is
 * later, so the deadline is on the safe side. The length is the difference of two times of the service, so the time
 * of day on this machine does not matter.
 */
export function deadlineOf(
  sent: Moment,
  { server_time, expires_at }: { readonly server_time: string; readonly expires_at: string },
): Deadline {
  const leftMs = Date.parse(expires_at) - Date.parse(server_time);
  return { elapsedMs: sent.elapsedMs + leftMs, wallMs: sent.wallMs + leftMs };
}

/**
 * The moment from which a lease counts if the service waited before it granted it: later than the sending by the time
 * that the service says, and never later than the answer.
 */
export function sentAfterWait(
  { sent, received }: { readonly sent: Moment; readonly received: Moment },
  waitedMs: number,
): Moment {
  return {
    elapsedMs: Math.min(sent.elapsedMs + waitedMs, received.elapsedMs),
    wallMs: Math.min(sent.wallMs + waitedMs, received.wallMs),
  };
}

export function isPast(deadline: Deadline, timing: Timing): boolean {
  return timing.elapsedMs() >= deadline.elapsedMs;
}

/**
 * Whether the lease may have expired. While a machine sleeps its steady clock may stop, but its wall clock does not.
 * If the wall clock is set forward, the cost is one unnecessary heartbeat.
 */
export function isInDoubt(deadline: Deadline, timing: Timing): boolean {
  return isPast(deadline, timing) || timing.wallMs() >= deadline.wallMs;
}
