import { describe, expect, it } from 'vitest';
import { createPoller } from '../../functions/dashboard/state/poller.ts';

/** A page whose timers are run by hand. */
function fakePage() {
  const timers = new Map<object, { readonly at: number; readonly callback: () => void }>();
  const runs: { signal: AbortSignal; end: (error?: Error) => Promise<void> }[] = [];
  const outcomes: string[] = [];
  let now = 0;
  let isHidden = false;

  const poller = createPoller({
    run: signal => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      runs.push({
        signal,
        async end(error) {
          if (error === undefined) resolve();
          else reject(error);
          await settled(promise);
        },
      });
      return promise;
    },
    intervalMs: () => 5_000,
    report: ({ kind }) => void outcomes.push(kind),
    place: {
      after(millis, callback) {
        const key = {};
        timers.set(key, { at: now + millis, callback });
        return () => void timers.delete(key);
      },
      isHidden: () => isHidden,
    },
  });

  return {
    poller,
    runs,
    outcomes,
    last: () => runs[runs.length - 1],
    advance(millis: number) {
      now += millis;
      const due = [...timers].filter(([, { at }]) => at <= now);
      for (const [key, { callback }] of due) {
        timers.delete(key);
        callback();
      }
    },
    hide(hidden: boolean) {
      isHidden = hidden;
      poller.visibilityChanged();
    },
  };
}

/** Ends when the poller has seen the end of the run too. */
async function settled(run: Promise<void>): Promise<void> {
  await Promise.allSettled([run]);
}

describe('createPoller()', () => {
  it('runs at once, and an interval after the end of each run', async () => {
    const page = fakePage();
    page.poller.start();
    expect(page.runs).toHaveLength(1);
    page.advance(60_000);
    expect(page.runs).toHaveLength(1);
    await page.last()?.end();
    page.advance(4_999);
    expect(page.runs).toHaveLength(1);
    page.advance(1);
    expect(page.runs).toHaveLength(2);
  });

  it('says that a run is slow, and still waits for it', async () => {
    const page = fakePage();
    page.poller.start();
    page.advance(3_000);
    expect(page.outcomes).toEqual(['slow']);
    await page.last()?.end();
    expect(page.outcomes).toEqual(['slow', 'good']);
  });

  it('waits longer after each failure, a minute at most, and not after a success', async () => {
    const page = fakePage();
    page.poller.start();
    for (const pause of [10_000, 20_000, 40_000, 60_000, 60_000]) {
      const before = page.runs.length;
      await page.last()?.end(new Error('down'));
      page.advance(pause - 1);
      expect(page.runs).toHaveLength(before);
      page.advance(1);
      expect(page.runs).toHaveLength(before + 1);
    }
    await page.last()?.end();
    page.advance(5_000);
    expect(page.runs).toHaveLength(7);
  });

  it('does not run while the page is hidden, and at once when it can be seen', async () => {
    const page = fakePage();
    page.poller.start();
    await page.last()?.end();
    page.hide(true);
    page.advance(600_000);
    expect(page.runs).toHaveLength(1);
    page.hide(false);
    expect(page.runs).toHaveLength(2);
  });

  it('does not go on after a run that ends while the page is hidden', async () => {
    const page = fakePage();
    page.poller.start();
    page.hide(true);
    await page.last()?.end();
    page.advance(600_000);
    expect(page.runs).toHaveLength(1);
  });

  it('does not run twice when the page is hidden and seen during a run', () => {
    const page = fakePage();
    page.poller.start();
    page.hide(true);
    page.hide(false);
    expect(page.runs).toHaveLength(1);
  });

  it('refresh() gives up the run under way, whose outcome does not count', async () => {
    const page = fakePage();
    page.poller.start();
    const [first] = page.runs;
    page.poller.refresh();
    expect(first?.signal.aborted).toBe(true);
    await first?.end(new Error('late'));
    expect(page.outcomes).toEqual([]);
    await page.last()?.end();
    expect(page.outcomes).toEqual(['good']);
    page.advance(5_000);
    expect(page.runs).toHaveLength(3);
  });

  it('stop() ends everything', async () => {
    const page = fakePage();
    page.poller.start();
    page.poller.stop();
    expect(page.last()?.signal.aborted).toBe(true);
    await page.last()?.end();
    page.advance(600_000);
    page.poller.refresh();
    expect(page.runs).toHaveLength(1);
    expect(page.outcomes).toEqual([]);
  });
});
