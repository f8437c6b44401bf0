import type { ClaimLoop } from './claim-loop.ts';
import type { Slots } from './slots.ts';

/** Claims of several names, which share the slots of one worker. */
interface ClaimTurnsOptions {
  /** One for each name. */
  readonly loops: readonly ClaimLoop[];
  readonly slots: Pick<Slots, 'free' | 'change' | 'add'>;
  readonly stopping: AbortSignal;
}

/**
 * Claims until the worker stops. The names take turns: each claims its share of the free slots, one after the other, so
 * that no more jobs are leased than can run. When no name has a job, each waits for one at the service, at the same
 * time. As soon as the slots are taken all waits end; and two that get a job at the same moment for the last slot give
 * one back.
 */
export async function claimInTurns({ loops, slots, stopping }: ClaimTurnsOptions): Promise<void> {
  /** What ends the wait of a name, for each that waits. */
  const waits = new Map<ClaimLoop, AbortController>();
  const turns = [...loops];
  let change = Promise.withResolvers<void>();
  let isWatching = false;

  /** The slots are asked once for each of their changes: they may not change for months. */
  async function watchSlots(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    await slots.change();
    isWatching = false;
    change.resolve();
  }

  async function claim(loop: ClaimLoop, max: number, stopWaiting: AbortSignal): Promise<void> {
    for (const grant of await loop.claim({ max, stopWaiting })) slots.add(grant);
  }

  async function wait(loop: ClaimLoop, max: number): Promise<void> {
    const end = new AbortController();
    waits.set(loop, end);
    await claim(loop, max, end.signal);
    waits.delete(loop);
    change.resolve();
  }

  function endWaits(): void {
    for (const [loop, end] of waits) {
      // A job may have come since, and the next claim does not oversleep it.
      loop.wake();
      end.abort();
    }
  }

  function stop(): void {
    endWaits();
    change.resolve();
  }

  /** One claim, or the begin of the waits. False if nothing is to be done before something changes. */
  async function takeTurn(free: number): Promise<boolean> {
    const resting = turns.filter(loop => !waits.has(loop));
    const awake = resting.filter(loop => !loop.isIdle());
    const [first] = awake;
    if (first === undefined) {
      const share = Math.max(1, Math.floor(free / loops.length));
      for (const loop of resting) void wait(loop, share);
      return false;
    }
    // Who has claimed goes to the end of the line.
    turns.push(...turns.splice(turns.indexOf(first), 1));
    await claim(first, Math.ceil(free / awake.length), stopping);
    return true;
  }

  stopping.addEventListener('abort', stop, { once: true });
  while (!stopping.aborted) {
    change = Promise.withResolvers();
    void watchSlots();
    const free = slots.free();
    if (free <= 0) endWaits();
    else if (await takeTurn(free)) continue;
    await change.promise;
  }
  while (waits.size > 0) {
    change = Promise.withResolvers();
    await change.promise;
  }
}
