import type { Grant } from './client/grant.ts';
import type { Timing } from './client/timing.ts';

/** The place of one running job. */
export interface Slot {
  /** The last update of the job is being sent, so the slot is about to be free; or the job continues after all. */
  readonly setEnding: (isEnding: boolean) => void;
}

/** The jobs that a worker runs: at most its `concurrency`. */
export interface Slots {
  /** How many jobs to claim now. Slots that are about to be free count. */
  free(): number;
  /** Resolves when the number of free slots has changed. */
  change(): Promise<void>;
  /** Resolves when no slot is about to be free: soon, because after some time it counts as busy. */
  settled(): Promise<void>;
  /** Runs a job as soon as a slot is free, or gives it back if there will be none. */
  add(grant: Grant): void;
  /** Runs no further job. */
  stop(): void;
  /** Resolves when every job has ended. */
  ended(): Promise<void>;
}

interface SlotsOptions {
  readonly concurrency: number;
  readonly timing: Timing;
  /** How long a slot counts as one that is about to be free. A leased job waits for it no longer than that. */
  readonly endingMs: number;
  /** Runs a job to its end. Never rejects. */
  readonly run: (grant: Grant, slot: Slot) => Promise<void>;
  /** Gives a job back that was not run. Never rejects. */
  readonly giveBack: (grant: Grant) => Promise<void>;
}

export function createSlots(options: SlotsOptions): Slots {
  const { concurrency, timing, endingMs, run, giveBack } = options;
  let running = 0;
  let ending = 0;
  let returning = 0;
  let isStopped = false;
  const waiting: Grant[] = [];
  const listeners: (() => void)[] = [];

  async function start(grant: Grant): Promise<void> {
    running += 1;
    let stopTimer: (() => void) | null = null;
    function setEnding(isEnding: boolean): void {
      if (isEnding === (stopTimer !== null)) return;
      ending += isEnding ? 1 : -1;
      stopTimer?.();
      stopTimer = isEnding ? timing.after(endingMs, () => setEnding(false)) : null;
      update();
    }
    await run(grant, { setEnding });
    running -= 1;
    setEnding(false);
    update();
  }

  async function giveBackNow(grant: Grant): Promise<void> {
    returning += 1;
    await giveBack(grant);
    returning -= 1;
    update();
  }

  /** Gives waiting jobs their slots, and those back for which there will be none. */
  function update(): void {
    const places = isStopped ? 0 : concurrency - running;
    for (const grant of waiting.splice(0, places)) void start(grant);
    const coming = isStopped ? 0 : ending;
    for (const grant of waiting.splice(coming)) void giveBackNow(grant);
    for (const notify of listeners.splice(0)) notify();
  }

  function change(): Promise<void> {
    return new Promise(resolve => void listeners.push(resolve));
  }

  async function until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await change();
  }

  return {
    free: () => concurrency - running + ending - waiting.length,
    change,

    settled: () => until(() => ending === 0),

    add(grant) {
      waiting.push(grant);
      update();
    },

    stop() {
      isStopped = true;
      update();
    },

    ended: () => until(() => running + returning === 0),
  };
}
