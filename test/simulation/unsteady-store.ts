import type { Random } from '../../lib/base/random.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';

export interface Unsteady {
  readonly store: ObjectStore;
  /** From here on it answers always, and at once. */
  calm(): void;
}

const LONGEST_PAUSE = 6;

/**
 * A store over which callers overtake each other, by the numbers of a seed: each call waits some turns,
 * and now and then fails, before or after it was carried out.
 */
export function unsteadyStore(
  inner: ObjectStore,
  { random, failureShare }: { random: Random; failureShare: number },
): Unsteady {
  let steady = false;

  async function pause(): Promise<void> {
    const turns = steady ? 0 : Math.floor(random.fraction() * LONGEST_PAUSE);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  }

  function mayFail(): void {
    if (!steady && random.fraction() < failureShare)
      throw new StoreError('The connection was lost');
  }

  async function call<T>(task: () => Promise<T>): Promise<T> {
    await pause();
    mayFail();
    const answer = await task();
    await pause();
    mayFail();
    return answer;
  }

  const { putWith, receiptsOf } = inner;
  const store: ObjectStore = {
    ...inner,
    ...(putWith === undefined ? {} : { putWith: (...step) => call(() => putWith(...step)) }),
    ...(receiptsOf === undefined ? {} : { receiptsOf: key => call(() => receiptsOf(key)) }),
    get: key => call(() => inner.get(key)),
    head: key => call(() => inner.head(key)),
    put: (key, body, precondition) => call(() => inner.put(key, body, precondition)),
    delete: (key, precondition) => call(() => inner.delete(key, precondition)),
    async *list(prefix, after) {
      await pause();
      mayFail();
      yield* inner.list(prefix, after);
    },
  };
  return {
    store,
    calm() {
      steady = true;
    },
  };
}
