import { afterEach, describe, expect, it, vi } from 'vitest';
import { openWorld } from './world.ts';

afterEach(() => vi.restoreAllMocks());

/** How many listeners each signal has that were added and not removed, the most of any. */
function watchListeners(): () => number {
  const added = vi.spyOn(AbortSignal.prototype, 'addEventListener');
  const removed = vi.spyOn(AbortSignal.prototype, 'removeEventListener');
  return () => {
    const counts = new Map<unknown, number>();
    for (const signal of added.mock.contexts) counts.set(signal, (counts.get(signal) ?? 0) + 1);
    for (const signal of removed.mock.contexts) counts.set(signal, (counts.get(signal) ?? 0) - 1);
    return Math.max(0, ...counts.values());
  };
}

describe('a worker that runs for long', () => {
  it('keeps no listener of the jobs and the pauses that are over', async () => {
    const most = watchListeners();
    const world = openWorld();
    for (let job = 1; job <= 60; job += 1) await world.create(`job-${job}`, 2);
    let failed = 0;
    const worker = world.start({
      concurrency: 3,
      onSheet() {
        failed += 1;
        if (failed % 5 === 0) throw new Error('out of paper');
      },
    });
    await world.timing.advance(600_000);
    expect(worker.told('finished')).toHaveLength(60);
    expect(worker.told('idle').length).toBeGreaterThan(50);
    expect(most()).toBeGreaterThan(0);
    expect(most()).toBeLessThanOrEqual(4);
  });

  it('keeps no timer of them', async () => {
    const world = openWorld();
    for (let job = 1; job <= 60; job += 1) await world.create(`job-${job}`, 2);
    world.start({ concurrency: 3 });
    await world.timing.advance(600_000);
    // The one after which it asks for a job.
    expect(world.timing.pending()).toBe(1);
  });
});
