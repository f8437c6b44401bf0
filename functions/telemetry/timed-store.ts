import type { ObjectStore } from '../../lib/store.ts';
import type { StoreOperation, StoreResult, StoreTiming } from './store-timing.ts';
import type { Tracing } from './tracing.ts';

/**
 * The store with each operation timed, and traced where there is a tracing. It returns the promises of the store itself,
 * so that no operation waits for its timing. `elapsedMs` never goes back.
 */
export function timeStore(
  store: ObjectStore,
  {
    timing,
    tracing,
    elapsedMs,
  }: { timing: StoreTiming; tracing: Tracing | null; elapsedMs: () => number },
): ObjectStore {
  function timed<T>(
    operation: StoreOperation,
    key: string,
    call: () => Promise<T>,
    resultOf: (value: T) => StoreResult,
  ): Promise<T> {
    const { durations, results } = timing[operation];
    const endSpan = tracing?.beginOperation(operation, key);
    const startedAt = elapsedMs();
    const end = (result: StoreResult): void => {
      durations.observe((elapsedMs() - startedAt) / 1000);
      results[result] += 1;
      endSpan?.(result);
    };
    const task = call();
    task.then(
      value => end(resultOf(value)),
      () => end('failed'),
    );
    return task;
  }

  /** Until the first entry, or until the end where there is none. The other entries take no more time than before. */
  function timedEntries<T>(
    operation: StoreOperation,
    prefix: string,
    entries: AsyncIterable<T>,
  ): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]() {
        const iterator = entries[Symbol.asyncIterator]();
        let isNoted = false;
        return {
          next() {
            if (isNoted) return iterator.next();
            isNoted = true;
            return timed(operation, prefix, () => iterator.next(), done);
          },
          async return() {
            await iterator.return?.();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  const { ordered, putWith } = store;

  return {
    ...store,
    get: key => timed('get', key, () => store.get(key), done),
    head: key => timed('head', key, () => store.head(key), done),
    put: (key, ...rest) => timed('put', key, () => store.put(key, ...rest), isStored),
    ...(putWith === undefined
      ? {}
      : {
          putWith: (key, ...rest) => timed('put', key, () => putWith(key, ...rest), isStored),
        }),
    delete: (key, ...rest) => timed('delete', key, () => store.delete(key, ...rest), isStored),
    list: (prefix, ...rest) => timedEntries('list', prefix, store.list(prefix, ...rest)),
    ordered:
      ordered === null
        ? null
        : {
            ...ordered,
            page: (folder, query) =>
              timed('list', `${folder}/`, () => ordered.page(folder, query), done),
          },
    follow(prefix) {
      const follower = store.follow(prefix);
      return { ...follower, poll: () => timedEntries('poll', prefix, follower.poll()) };
    },
    followNames(prefix) {
      const follower = store.followNames(prefix);
      return { ...follower, poll: () => timedEntries('poll', prefix, follower.poll()) };
    },
  };
}

function done(): StoreResult {
  return 'done';
}

function isStored(outcome: unknown): StoreResult {
  return outcome === null || outcome === false ? 'refused' : 'done';
}
