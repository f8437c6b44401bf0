/** Runs tasks one after another for each key, and tasks of different keys side by side. */
export interface KeyedQueue {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>();

  async function run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = tails.get(key);
    // A failed task is its caller's affair, not that of the next one in the queue.
    const result = before === undefined ? task() : before.then(task, task);
    tails.set(key, result);
    try {
      return await result;
    } finally {
      if (tails.get(key) === result) tails.delete(key);
    }
  }

  return { run };
}
