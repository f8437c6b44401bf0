import { describe, expect, it } from 'vitest';
import { forEachConcurrently } from '../../lib/base/concurrently.ts';

/** Numbers without end, and how many of them were taken. */
function numbers() {
  const state = { taken: 0, closed: false };
  async function* count(): AsyncGenerator<number> {
    try {
      for (;;) {
        state.taken += 1;
        yield state.taken;
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, items: count() };
}

describe('forEachConcurrently()', () => {
  it('takes no more items when a task has failed, and closes the list', async () => {
    const { state, items } = numbers();
    const running = forEachConcurrently(items, 3, async item => {
      if (item === 5) throw new RangeError('The fifth');
    });
    await expect(running).rejects.toThrow('The fifth');
    expect(state.taken).toBeLessThan(12);
    expect(state.closed).toBe(true);
  });

  it('waits for what has begun when a task fails', async () => {
    const { items } = numbers();
    const slow = Promise.withResolvers<void>();
    const ended: number[] = [];
    const running = forEachConcurrently(items, 2, async item => {
      if (item === 2) {
        setImmediate(slow.resolve);
        throw new RangeError('The second');
      }
      await slow.promise;
      ended.push(item);
    });
    await expect(running).rejects.toThrow('The second');
    expect(ended).toEqual([1]);
  });
});
