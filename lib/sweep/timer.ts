import type { SweepWait } from './leading.ts';
import type { MissingLeases } from './missing-leases.ts';
import type { SweepReport } from './report.ts';
import type { Retention } from './retention.ts';
import type { Sweeper } from './sweeper.ts';

/** What the timer has just done. */
export type SweepEvent =
  | { readonly kind: 'pass'; readonly report: SweepReport }
  /** How many running jobs without lease objects were recovered: no pass finds them. */
  | { readonly kind: 'missingLeases'; readonly recovered: number }
  /** How many jobs were deleted because they had finished too long ago. */
  | { readonly kind: 'retired'; readonly count: number }
  /** The round could not go on. The next one starts with the first lease. */
  | { readonly kind: 'failure'; readonly error: unknown };

export interface SweepTimerOptions {
  readonly sweeper: Pick<Sweeper, 'sweep'>;
  readonly missingLeases: Pick<MissingLeases, 'recoverAll'>;
  /** Null where finished jobs are kept. */
  readonly retention: Pick<Retention, 'run'> | null;
  /** From the start of a round to the start of the next. */
  readonly intervalMs: number;
  /** Leases in a pass; a round has as many passes as it takes to examine all. */
  readonly limit: number;
  /** Asked before each round: where another process sweeps, the round is left out. Always true if it is left out. */
  readonly isDue?: () => boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  readonly wait: SweepWait;
  /** Ends the timer. What has begun is finished first. */
  readonly signal: AbortSignal;
}

/** Jobs without lease objects are looked for in the first round, and in every sixtieth from then on. */
const ROUNDS_PER_SEARCH = 60;

/** Sweeps at once and then at intervals. A round that takes longer delays the next: two never overlap. */
export async function* sweepAtIntervals(options: SweepTimerOptions): AsyncGenerator<SweepEvent> {
  const { intervalMs, isDue = () => true, monotonicMs, wait, signal } = options;
  let nth = 0;
  while (!signal.aborted) {
    const startedAt = monotonicMs();
    if (isDue()) {
      yield* runRound(nth, options);
      nth += 1;
    }
    const leftMs = Math.max(0, startedAt + intervalMs - monotonicMs());
    if (!signal.aborted) await wait(leftMs, signal);
  }
}

async function* runRound(
  nth: number,
  { sweeper, missingLeases, retention, limit, signal }: SweepTimerOptions,
): AsyncGenerator<SweepEvent> {
  try {
    let cursor: string | null = null;
    do {
      const report = await sweeper.sweep({ cursor, limit, signal });
      if (!report.ok) throw new Error(`Cannot sweep: ${report.failure.code}`);
      yield { kind: 'pass', report: report.value };
      cursor = report.value.cursor;
    } while (cursor !== null && !signal.aborted);
    if (nth % ROUNDS_PER_SEARCH === 0 && !signal.aborted) {
      yield { kind: 'missingLeases', recovered: await missingLeases.recoverAll(signal) };
    }
    if (retention !== null && !signal.aborted) {
      yield { kind: 'retired', count: await retention.run(signal) };
    }
  } catch (error) {
    yield { kind: 'failure', error };
  }
}
