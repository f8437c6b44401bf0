/** Limits how many tasks run at the same time. The other tasks wait and start in order of arrival. */
export interface Concurrency {
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Waits for a free slot. Resolves with the function that frees it. */
  enter(): Promise<() => void>;
}

export function createConcurrency(limit: number): Concurrency {
  const waiting: (() => void)[] = [];
  let running = 0;

  // A task that ends passes its slot to the first waiting task, so the count does not change.
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  async function enter(): Promise<() => void> {
    if (running < limit) running += 1;
    else await new Promise<void>(resolve => waiting.push(resolve));
    return leave;
  }

  return {
    enter,
    async run(task) {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}

/**
 * Runs a task for every item, at most `limit` at a time, and takes an item only when a slot is free.
 * After the first task fails no new task starts; tasks that run are awaited, then the error is thrown.
 */
export async function forEachConcurrently<T>(
  items: AsyncIterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const slots = createConcurrency(limit);
  const errors: unknown[] = [];

  async function start(item: T, leave: () => void): Promise<void> {
    try {
      await task(item);
    } catch (error) {
      errors.push(error);
    } finally {
      leave();
    }
  }

  const started = new Set<Promise<void>>();
  try {
    let leave = await slots.enter();
    for await (const item of items) {
      // A task may have failed while this loop waited for the item.
      if (errors.length > 0) break;
      const ended = start(item, leave);
      started.add(ended);
      void ended.then(() => started.delete(ended));
      leave = await slots.enter();
      if (errors.length > 0) break;
    }
  } finally {
    await Promise.all(started);
  }
  if (errors.length > 0) throw errors[0];
}
