/** Runs the tasks of one key one after another. Tasks of different keys run concurrently. */
export interface KeyedQueue {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>();

  async function run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = tails.get(key);
    // A failure rejects only its own caller; the next task in the queue still runs.
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
