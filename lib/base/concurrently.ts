/** Runs so many tasks at a time and no more; the others wait, and begin in the order in which they came. */
export interface Concurrency {
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Waits for a place, and answers with what gives it back. */
  enter(): Promise<() => void>;
}

export function createConcurrency(most: number): Concurrency {
  const waiting: (() => void)[] = [];
  let running = 0;

  // A task that ends gives its place to the first that waits: the number stays as it is.
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  async function enter(): Promise<() => void> {
    if (running < most) running += 1;
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
 * Runs a task for every item, so many at a time, and takes an item only when there is a place for it. The
 * first task that fails ends them all: what has begun is waited for, and nothing new begins.
 */
export async function forEachConcurrently<T>(
  items: AsyncIterable<T>,
  most: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const places = createConcurrency(most);
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
    let leave = await places.enter();
    for await (const item of items) {
      // A task may have failed while the item was on its way.
      if (errors.length > 0) break;
      const ended = start(item, leave);
      started.add(ended);
      void ended.then(() => started.delete(ended));
      leave = await places.enter();
      if (errors.length > 0) break;
    }
  } finally {
    await Promise.all(started);
  }
  if (errors.length > 0) throw errors[0];
}
