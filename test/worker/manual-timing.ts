import type { Timing } from '../../lib/worker.ts';

/** Time that passes when a test says so. */
export interface ManualTiming extends Timing {
  /** Lets time pass; what is due on the way is run when it is due, and runs to its end. */
  advance(milliseconds: number): Promise<void>;
  /** Time passes while nothing runs, as in a long computation; what was due is run after it. */
  stall(milliseconds: number): Promise<void>;
  /** The machine sleeps: only the wall clock goes on. */
  sleep(milliseconds: number): void;
  /** How many timers wait. */
  pending(): number;
  /** Somebody sets the wall clock of this machine, and of no other. */
  setWall(milliseconds: number): void;
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

interface ManualTimingOptions {
  /** Settles when nothing is under way any more that time does not have to pass for. */
  readonly settle: () => Promise<void>;
  /** Told of all time that passes, for other clocks. */
  readonly onAdvance?: (milliseconds: number) => void;
}

export function manualTiming({ settle, onAdvance }: ManualTimingOptions): ManualTiming {
  const timers = new Set<Timer>();
  let elapsedMs = 1000;
  let wallMs = 1_772_600_767_000;

  function pass(milliseconds: number): void {
    elapsedMs += milliseconds;
    wallMs += milliseconds;
    onAdvance?.(milliseconds);
  }

  function nextDue(beforeMs: number): Timer | undefined {
    return [...timers]
      .filter(({ atMs }) => atMs <= beforeMs)
      .toSorted((left, right) => left.atMs - right.atMs)[0];
  }

  async function runDue(): Promise<void> {
    await settle();
    for (let timer = nextDue(elapsedMs); timer !== undefined; timer = nextDue(elapsedMs)) {
      timers.delete(timer);
      timer.callback();
    }
    await settle();
  }

  return {
    elapsedMs: () => elapsedMs,
    wallMs: () => wallMs,
    after(milliseconds, callback) {
      const timer = { atMs: elapsedMs + Math.ceil(milliseconds), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      const endMs = elapsedMs + milliseconds;
      await settle();
      for (let timer = nextDue(endMs); timer !== undefined; timer = nextDue(endMs)) {
        pass(Math.max(0, timer.atMs - elapsedMs));
        timers.delete(timer);
        timer.callback();
        await settle();
      }
      pass(endMs - elapsedMs);
    },
    async stall(milliseconds) {
      pass(milliseconds);
      await runDue();
    },
    pending: () => timers.size,
    setWall(milliseconds) {
      wallMs += milliseconds;
    },
    sleep(milliseconds) {
      wallMs += milliseconds;
      onAdvance?.(milliseconds);
    },
  };
}

/** Lets everything run that is ready to. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
