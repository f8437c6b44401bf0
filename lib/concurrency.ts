/** Runs so many tasks side by side and no more; the others wait, and begin in the order in which they came. */
export interface Concurrency {
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createConcurrency(most: number): Concurrency {
  const waiting: (() => void)[] = [];
  let running = 0;

  return {
    async run(task) {
      // A task that ends gives its place to the first that waits: the number stays as it is.
      if (running < most) running += 1;
      else await new Promise<void>(resolve => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
