import { describe, expect, it } from 'vitest';
import { forEachConcurrently } from '../../lib/base/concurrently.ts';

/** Numbers without end, and how many of them were taken. */
function numbers() {
  const told = { taken: 0, closed: false };
  async function* count(): AsyncGenerator<number> {
    try {
      for (;;) {
        told.taken += 1;
        yield told.taken;
      }
    } finally {
      told.closed = true;
    }
  }
  return { told, items: count() };
}

describe('forEachConcurrently()', () => {
  it('takes nothing more when a task has failed, and lets go of the list', async () => {
    const { told, items } = numbers();
    const running = forEachConcurrently(items, 3, async item => {
      if (item === 5) throw new RangeError('The fifth');
    });
    await expect(running).rejects.toThrow('The fifth');
    expect(told.taken).toBeLessThan(12);
    expect(told.closed).toBe(true);
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
