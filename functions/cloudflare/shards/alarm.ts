import type { Clock } from '../../../lib/base/clock.ts';
import { LEASE_KEYS } from '../../../lib/lease/lease.ts';
import { type DueLeases, type DueLimits, endIn } from '../../../lib/sweep/due-leases.ts';
import type { SweepReport } from '../../../lib/sweep/report.ts';

/** The alarm of an object: it has one, which survives the end of its memory. Each `set` is billed as a written row. */
export interface AlarmLike {
  get(): Promise<number | null>;
  set(atMs: number): Promise<void>;
}

/** What the alarm does besides the recovery of jobs. */
export interface ShardWork {
  hasLeases(): Promise<boolean>;
  /** Whether the catalogue has every job, and every job that waits has its hint. */
  isComplete(): boolean;
  /** Compares the next part of R2's list with the catalogue, and then adds the hints that are missing. */
  completeNext(): Promise<void>;
  /** No holder could reach the shard until now. */
  interrupt(): void;
  /** When the shard last answered a call, in milliseconds since 1970. */
  servedAtMs(): number;
}

export type ShardEvent =
  | { readonly kind: 'pass'; readonly report: SweepReport }
  | { readonly kind: 'failure'; readonly error: unknown }
  /** It rang so much too late, and the shard had answered no call meanwhile. */
  | { readonly kind: 'late'; readonly milliseconds: number };

export interface ShardAlarmParts {
  readonly alarm: AlarmLike;
  readonly clock: Clock;
  readonly dueLeases: DueLeases;
  readonly limits: DueLimits;
  readonly work: ShardWork;
  readonly report: (event: ShardEvent) => void;
}

/**
 * Recovers jobs at the end of their leases, and completes the catalogue and the hints. It may ring twice, late, or after it was lost: each time
 * it looks at all leases of the shard and sets the next one. Renewals do not move it.
 */
export interface ShardAlarm {
  /** Once, before any other call. */
  start(): Promise<void>;
  /** An object was stored with this label; null if it was deleted. */
  changed(key: string, label: string | null): void;
  /** `scheduledAtMs` is null for a try after a failed one. */
  ring(scheduledAtMs: number | null): Promise<void>;
}

/** Leases that end together are recovered together. */
const SHORTEST_MS = 500;
/** The process that ended a lease frees its job at once. After so long it has died. */
const ENDED_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;
/** An alarm that is later than this is an interruption of the service: no holder could renew. */
const LATE_MS = 5_000;

export function createShardAlarm(parts: ShardAlarmParts): ShardAlarm {
  const { alarm, clock, dueLeases, limits, work, report } = parts;
  let setAtMs: number | null = null;
  let rangAtMs = Number.NEGATIVE_INFINITY;
  /** While it rings: when the leases end that were stored meanwhile. */
  let meanwhileMs: number | null = null;
  let isRinging = false;
  let failures = 0;

  async function setAt(wantedMs: number): Promise<void> {
    const atMs = Math.max(wantedMs, rangAtMs + SHORTEST_MS);
    if (setAtMs !== null && setAtMs <= atMs) return;
    setAtMs = atMs;
    try {
      await alarm.set(atMs);
    } catch (error) {
      setAtMs = null;
      throw error;
    }
  }

  function noteLateness(scheduledAtMs: number, now: number): void {
    const milliseconds = now - Math.max(scheduledAtMs, work.servedAtMs());
    if (milliseconds < LATE_MS) return;
    work.interrupt();
    report({ kind: 'late', milliseconds });
  }

  /** Runs a task whose error is reported. Null after an error. */
  async function attempt<T>(task: () => Promise<T>): Promise<T | null> {
    try {
      return await task();
    } catch (error) {
      report({ kind: 'failure', error });
      return null;
    }
  }

  /** When it should ring again. Null if there is nothing to do. */
  async function round(): Promise<number | null> {
    const due = await attempt(() => dueLeases.recover(limits));
    if (due !== null) report({ kind: 'pass', report: due.report });
    const isCompleted = work.isComplete() || (await attempt(complete)) !== null;
    const hasFailed = due === null || due.report.errors > 0 || !isCompleted;
    failures = hasFailed ? failures + 1 : 0;
    const now = clock.millis();
    const wanted = [due?.nextAtMs ?? null];
    if (due !== null && due.left > 0) wanted.push(now);
    if (hasFailed) {
      wanted.push(now + Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
    } else if (!work.isComplete()) wanted.push(now);
    return earliest(wanted);
  }

  async function complete(): Promise<true> {
    await work.completeNext();
    return true;
  }

  return {
    async start() {
      setAtMs = await alarm.get();
      if (setAtMs !== null) return;
      if (!work.isComplete() || (await work.hasLeases())) await setAt(clock.millis());
    },

    changed(key, label) {
      const end = label !== null && key.startsWith(LEASE_KEYS) ? endIn(label) : null;
      if (end === null) return;
      if (isRinging) {
        // Those that it ends itself it also removes, or tries again.
        if (!end.isEnded) meanwhileMs = earliest([meanwhileMs, end.atMs]);
        return;
      }
      const atMs = end.isEnded ? Math.max(end.atMs, clock.millis() + ENDED_MS) : end.atMs;
      setAt(atMs).catch((error: unknown) => report({ kind: 'failure', error }));
    },

    async ring(scheduledAtMs) {
      const now = clock.millis();
      setAtMs = null;
      rangAtMs = now;
      isRinging = true;
      meanwhileMs = null;
      let next: number | null = null;
      try {
        if (scheduledAtMs !== null) noteLateness(scheduledAtMs, now);
        next = await round();
      } finally {
        isRinging = false;
      }
      const wanted = earliest([next, meanwhileMs]);
      if (wanted !== null) await setAt(wanted);
    },
  };
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter(time => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
