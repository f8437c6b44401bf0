import { describe, expect, it } from 'vitest';
import { ok, type Result } from '../../lib/failure.ts';
import type { SweepReport } from '../../lib/sweep/pass.ts';
import { startSweepTimer } from '../../lib/sweep/timer.ts';

const REPORT: SweepReport = {
  examined: 0,
  recovered: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
  errors: 0,
  faults: [],
  false_alarms: { count: 0, worst_late_seconds: 0 },
  late_renewals: { count: 0, worst_late_seconds: 0 },
  cursor: null,
};

/** One wait of the timer, and one pass of its sweeper, each of which the test lets end. */
interface Held<T> {
  readonly asked: T;
  readonly end: (value?: Result<SweepReport>) => void;
}

function makeTimer() {
  let millis = 0;
  const passes: Held<string | null>[] = [];
  const waits: Held<number>[] = [];
  const told: SweepReport[] = [];
  const failures: unknown[] = [];
  let reconciled = 0;
  const timer = startSweepTimer({
    sweeper: {
      sweep({ cursor }) {
        const { promise, resolve } = Promise.withResolvers<Result<SweepReport>>();
        passes.push({ asked: cursor, end: (value = ok(REPORT)) => resolve(value) });
        return promise;
      },
    },
    intervalMs: 60_000,
    reconcile: async () => {
      reconciled += 1;
    },
    limit: 500,
    monotonicMs: () => millis,
    wait(milliseconds, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waits.push({ asked: milliseconds, end: () => resolve() });
      signal.addEventListener('abort', () => resolve());
      return promise;
    },
    swept: report => void told.push(report),
    failed: error => void failures.push(error),
  });
  return {
    timer,
    passes,
    waits,
    told,
    failures,
    reconciled: () => reconciled,
    advance: (milliseconds: number) => {
      millis += milliseconds;
    },
  };
}

/** Lets what is ready to run, run. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('startSweepTimer()', () => {
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
    const { passes, waits, told } = makeTimer();
    passes[0]?.end(ok({ ...REPORT, cursor: 'leases/m' }));
    await settle();
    expect(passes[1]?.asked).toBe('leases/m');
    passes[1]?.end();
    await settle();
    expect(told).toHaveLength(2);
    expect(waits).toHaveLength(1);
  });

  it('reconciles after the first round, and then not for sixty', async () => {
    const { passes, waits, reconciled } = makeTimer();
    const counts: number[] = [];
    for (let round = 0; round < 61; round += 1) {
      passes[round]?.end();
      await settle();
      counts.push(reconciled());
      waits[round]?.end();
      await settle();
    }
    expect([counts[0], counts[59], counts[60]]).toEqual([1, 1, 2]);
  });

  it('tells of a round that broke off, and begins anew after the interval', async () => {
    const { passes, waits, failures } = makeTimer();
    passes[0]?.end({ ok: false, failure: { code: 'store_unavailable', retryAfterSeconds: 1 } });
    await settle();
    expect(failures).toHaveLength(1);
    waits[0]?.end();
    await settle();
    expect(passes[1]?.asked).toBeNull();
  });

  it('stop() settles when the running pass has ended, and nothing runs after it', async () => {
    const { timer, passes } = makeTimer();
    let stopped = false;
    const stopping = timer.stop().finally(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    passes[0]?.end(ok({ ...REPORT, cursor: 'leases/m' }));
    await stopping;
    expect(passes).toHaveLength(1);
  });

  it('stop() ends a wait', async () => {
    const { timer, passes } = makeTimer();
    passes[0]?.end();
    await settle();
    await timer.stop();
    expect(passes).toHaveLength(1);
  });
});
