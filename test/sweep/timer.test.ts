import { describe, expect, it } from 'vitest';
import { ok, type Result } from '../../lib/failure.ts';
import type { SweepReport } from '../../lib/sweep/report.ts';
import { type SweepTimerOptions, sweepAtIntervals } from '../../lib/sweep/timer.ts';
import { NOTHING } from '../routes/sweep-setup.ts';

/** One wait of the timer, and one pass of its sweeper, each of which the test lets end. */
interface Held<T> {
  readonly asked: T;
  readonly signal: AbortSignal | undefined;
  readonly end: (value?: Result<SweepReport>) => void;
}

function makeTimer() {
  let millis = 0;
  const passes: Held<string | null>[] = [];
  const waits: Held<number>[] = [];
  const reports: SweepReport[] = [];
  const failures: unknown[] = [];
  let searches = 0;
  const stopping = new AbortController();
  const options: SweepTimerOptions = {
    sweeper: {
      sweep({ cursor, signal }) {
        const { promise, resolve } = Promise.withResolvers<Result<SweepReport>>();
        passes.push({ asked: cursor, signal, end: (value = ok(NOTHING)) => resolve(value) });
        return promise;
      },
    },
    retention: null,
    intervalMs: 60_000,
    missingLeases: {
      recoverAll: async () => {
        searches += 1;
        return 0;
      },
    },
    signal: stopping.signal,
    limit: 500,
    monotonicMs: () => millis,
    wait(milliseconds, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waits.push({ asked: milliseconds, signal, end: () => resolve() });
      signal.addEventListener('abort', () => resolve());
      return promise;
    },
  };

  async function run(): Promise<void> {
    for await (const event of sweepAtIntervals(options)) {
      if (event.kind === 'pass') reports.push(event.report);
      if (event.kind === 'failure') failures.push(event.error);
    }
  }

  const running = run();
  return {
    timer: {
      stop() {
        stopping.abort();
        return running;
      },
    },
    passes,
    waits,
    reports,
    failures,
    searches: () => searches,
    advance: (milliseconds: number) => {
      millis += milliseconds;
    },
  };
}

/** Lets what is ready to run, run. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('sweepAtIntervals()', () => {
  it('sweeps at once', () => {
    expect(makeTimer().passes).toHaveLength(1);
  });

  it('waits for the rest of the interval after a round', async () => {
    const { passes, waits, advance } = makeTimer();
    advance(15_000);
    passes[0]?.end();
    await settle();
    expect(waits.map(({ asked }) => asked)).toEqual([45_000]);
  });

  it('begins no round while one runs, however long it takes, and then the next at once', async () => {
    const { passes, waits, advance } = makeTimer();
    advance(600_000);
    await settle();
    expect(passes).toHaveLength(1);
    passes[0]?.end();
    await settle();
    expect(waits.map(({ asked }) => asked)).toEqual([0]);
    waits[0]?.end();
    await settle();
    expect(passes).toHaveLength(2);
  });

  it('goes on where a pass stopped until it has seen all', async () => {
    const { passes, waits, reports } = makeTimer();
    passes[0]?.end(ok({ ...NOTHING, cursor: 'leases/m' }));
    await settle();
    expect(passes[1]?.asked).toBe('leases/m');
    passes[1]?.end();
    await settle();
    expect(reports).toHaveLength(2);
    expect(waits).toHaveLength(1);
  });

  it('looks for missing leases after the first round, and then not for sixty', async () => {
    const { passes, waits, searches } = makeTimer();
    const counts: number[] = [];
    for (let round = 0; round < 61; round += 1) {
      passes[round]?.end();
      await settle();
      counts.push(searches());
      waits[round]?.end();
      await settle();
    }
    expect([counts[0], counts[59], counts[60]]).toEqual([1, 1, 2]);
  });

  it('tells of a round that failed, and starts again after the interval', async () => {
    const { passes, waits, failures } = makeTimer();
    passes[0]?.end({ ok: false, failure: { code: 'store_unavailable', retryAfterSeconds: 1 } });
    await settle();
    expect(failures).toHaveLength(1);
    waits[0]?.end();
    await settle();
    expect(passes[1]?.asked).toBeNull();
  });

  it('ends when the running pass has ended after an abort, and nothing runs after it', async () => {
    const { timer, passes } = makeTimer();
    let stopped = false;
    const stopping = timer.stop().finally(() => {
      stopped = true;
    });
    await settle();
    expect([stopped, passes[0]?.signal?.aborted]).toEqual([false, true]);
    passes[0]?.end(ok({ ...NOTHING, cursor: 'leases/m' }));
    await stopping;
    expect(passes).toHaveLength(1);
  });

  it('ends in a wait after an abort', async () => {
    const { timer, passes } = makeTimer();
    passes[0]?.end();
    await settle();
    await timer.stop();
    expect(passes).toHaveLength(1);
  });
});
