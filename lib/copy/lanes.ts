/**
 * Runs a task for every item, a few side by side, and takes an item only when a lane is free for it. The
 * first task that fails ends them all: what has begun is waited for, and nothing new begins.
 */
export async function inLanes<T>(
  items: AsyncIterable<T>,
  lanes: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  let broken = false;

  // Not every iterator bears two calls at once.
  function next(): Promise<IteratorResult<T>> {
    const taken = turn.then(() => iterator.next());
    turn = taken.catch(() => null);
    return taken;
  }

  async function lane(): Promise<void> {
    for (;;) {
      if (broken) return;
      const item = await next();
      if (item.done === true) return;
      await task(item.value);
    }
  }

  async function guarded(): Promise<void> {
    try {
      await lane();
    } catch (error) {
      broken = true;
      throw error;
    }
  }

  const ends = await Promise.allSettled(Array.from({ length: lanes }, guarded));
  const failed = ends.find(end => end.status === 'rejected');
  if (failed === undefined) return;
  await iterator.return?.();
  throw failed.reason;
}
