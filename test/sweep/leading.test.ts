import { describe, expect, it } from 'vitest';
import { waitWith } from '../../lib/base/timers.ts';
import { startLeading } from '../../lib/sweep/leading.ts';
import { type ManualTiming, manualTiming, turns } from '../worker/manual-timing.ts';

const createTimers = (): ManualTiming => manualTiming({ settle: () => turns() });

/** A leader that says what it is asked. Its steps end when they are told to. */
function createSteps() {
  const seen: string[] = [];
  const open: (() => void)[] = [];
  return {
    seen,
    end: () => open.shift()?.(),
    leader: {
      delayMs: () => 15_000,
      step(): Promise<void> {
        seen.push('step');
        return new Promise(end => void open.push(end));
      },
      async resign(): Promise<void> {
        seen.push('resign');
      },
    },
  };
}

describe('startLeading()', () => {
  it('looks at once, and next when the time after the end of a look has passed', async () => {
    const timers = createTimers();
    const { leader, seen, end } = createSteps();
    const leading = startLeading(leader, waitWith(timers));
    await timers.advance(60_000);
    expect(seen).toEqual(['step']);
    end();
    await leading.looked;
    await timers.advance(14_999);
    expect(seen).toEqual(['step']);
    await timers.advance(1);
    expect(seen).toEqual(['step', 'step']);
  });

  it('resigns when it is stopped, after the look that has begun, and looks no more', async () => {
    const timers = createTimers();
    const { leader, seen, end } = createSteps();
    const leading = startLeading(leader, waitWith(timers));
    const stopped = leading.stop();
    expect(seen).toEqual(['step']);
    end();
    await stopped;
    expect(seen).toEqual(['step', 'resign']);
    await timers.advance(60_000);
    expect(seen).toEqual(['step', 'resign']);
    expect(timers.pending()).toBe(0);
  });

  it('resigns at once when it is stopped between two looks', async () => {
    const timers = createTimers();
    const { leader, seen, end } = createSteps();
    const leading = startLeading(leader, waitWith(timers));
    end();
    await leading.looked;
    await timers.advance(0);
    await leading.stop();
    expect(seen).toEqual(['step', 'resign']);
    expect(timers.pending()).toBe(0);
  });
});

describe('waitWith()', () => {
  it('ends at once for a signal that was there before, and leaves no timer', async () => {
    const timers = createTimers();
    await waitWith(timers)(60_000, AbortSignal.abort());
    expect(timers.pending()).toBe(0);
  });
});
