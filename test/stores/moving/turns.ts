import type { Random } from '../../../lib/base/random.ts';
import type { ObjectStore } from '../../../lib/store.ts';

/** Operations of stores that wait until they are let go, one at a time, in an order by the numbers of a seed. */
export interface Turns {
  on(store: ObjectStore): ObjectStore;
  /** Lets operations go until all tasks are over. `between` runs before each. */
  runAll(tasks: readonly Promise<unknown>[], between: () => void): Promise<void>;
}

export function createTurns(random: Random): Turns {
  const waiting: (() => void)[] = [];

  function turn(): Promise<void> {
    return new Promise(resolve => waiting.push(resolve));
  }

  /** Before and after: an operation that has happened may be answered late. */
  async function call<T>(task: () => Promise<T>): Promise<T> {
    await turn();
    const answer = await task();
    await turn();
    return answer;
  }

  return {
    on: store => ({
      ...store,
      get: key => call(() => store.get(key)),
      head: key => call(() => store.head(key)),
      put: (...args) => call(() => store.put(...args)),
      delete: (...args) => call(() => store.delete(...args)),
      async *list(...args) {
        await turn();
        const entries = [];
        for await (const entry of store.list(...args)) entries.push(entry);
        await turn();
        yield* entries;
      },
    }),

    async runAll(tasks, between) {
      const left = new Set(tasks);
      for (const task of tasks) void task.finally(() => left.delete(task)).catch(() => undefined);
      for (let idle = 0; left.size > 0 && idle < 1_000; ) {
        await new Promise(resolve => setImmediate(resolve));
        const [next] = waiting.splice(Math.floor(random.fraction() * waiting.length), 1);
        idle = next === undefined ? idle + 1 : 0;
        if (next === undefined) continue;
        between();
        next();
      }
      await Promise.all(tasks);
    },
  };
}
