import { describe, expect, it } from 'vitest';
import type { ClaimLoop } from '../../lib/worker/claim-loop.ts';
import { claimInTurns } from '../../lib/worker/claim-turns.ts';
import { turns } from './manual-timing.ts';

/** A name that never has a job, and whose waits end when the test says so. */
function emptyName(): ClaimLoop & { endWait(): void; readonly claims: readonly number[] } {
  const claims: number[] = [];
  let isIdle = false;
  let end = (): void => {};
  return {
    claims,
    isIdle: () => isIdle,
    wake() {
      isIdle = false;
    },
    endWait: () => end(),
    claim({ max, stopWaiting }) {
      claims.push(max);
      if (!isIdle) {
        isIdle = true;
        return Promise.resolve([]);
      }
      return new Promise(resolve => {
        end = () => resolve([]);
        stopWaiting.addEventListener('abort', end, { once: true });
      });
    },
  };
}

/** Slots that never change, which count how many wait for a change. */
function stillSlots(free: number) {
  let watchers = 0;
  return {
    watchers: () => watchers,
    free: () => free,
    add: () => undefined,
    change() {
      watchers += 1;
      return new Promise<void>(() => undefined);
    },
  };
}

describe('claimInTurns()', () => {
  it('shares the free slots between the names, and the waits too', async () => {
    const names = [emptyName(), emptyName(), emptyName()];
    const stop = new AbortController();
    const done = claimInTurns({ loops: names, slots: stillSlots(7), stopping: stop.signal });
    await turns();
    expect(names.map(({ claims }) => claims)).toEqual([
      [3, 2],
      [4, 2],
      [7, 2],
    ]);
    stop.abort();
    await done;
  });

  it('keeps nothing of a thousand waits', async () => {
    const name = emptyName();
    const slots = stillSlots(1);
    const stop = new AbortController();
    const done = claimInTurns({ loops: [name], slots, stopping: stop.signal });
    await turns();
    for (let waits = 0; waits < 1000; waits += 1) {
      name.endWait();
      await turns(1);
    }
    expect(name.claims.length).toBeGreaterThan(1000);
    expect(slots.watchers()).toBe(1);
    stop.abort();
    await done;
  });
});
