import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';
import { millisBetween } from '../lease/rules.ts';
import type { LeaderRecord } from './leader-record.ts';

/** Compares the clock of this machine with that of the leader. */
export interface ClockWatch {
  /**
   * The record was written after the look at `lookedAtMs`, on the steady clock, and before now. Whether the two clocks agree; reports
   * once an hour if they do not.
   */
  compare(record: LeaderRecord, lookedAtMs: number): boolean;
}

type Report = (event: {
  readonly kind: 'clock';
  readonly name: string;
  readonly seconds: number;
}) => void;

/** Leases of 15 seconds and more are right within it: a third of the ttl. */
const TOLERATED_MS = 5_000;
const REPORT_MS = 3_600_000;

export function createClockWatch({
  clock,
  timers,
  report,
}: {
  readonly clock: Clock;
  readonly timers: Pick<Timers, 'elapsedMs'>;
  readonly report: Report;
}): ClockWatch {
  let reportedAtMs = Number.NEGATIVE_INFINITY;

  return {
    compare({ at, name }, lookedAtMs) {
      const now = timers.elapsedMs();
      const sinceNowMs = millisBetween(clock.now(), at);
      const sinceLookMs = sinceNowMs + (now - lookedAtMs);
      const differenceMs = Math.max(0, sinceNowMs) + Math.min(0, sinceLookMs);
      if (Math.abs(differenceMs) <= TOLERATED_MS) return true;
      if (now - reportedAtMs >= REPORT_MS) {
        reportedAtMs = now;
        report({ kind: 'clock', name, seconds: Math.round(differenceMs / 1000) });
      }
      return false;
    },
  };
}
