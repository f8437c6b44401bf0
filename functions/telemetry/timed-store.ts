import type { ObjectStore } from '../../lib/store.ts';
import type { OperationTiming, StoreResult, StoreTiming } from './store-timing.ts';

/**
 * The store with each operation timed. It returns the promises of the store itself, so that no operation waits for its
 * timing. `elapsedMs` never goes back.
 */
export function timeStore(
  store: ObjectStore,
  timing: StoreTiming,
  elapsedMs: () => number,
): ObjectStore {
  function note(operation: OperationTiming, startedAt: number, result: StoreResult): void {
    operation.durations.observe((elapsedMs() - startedAt) / 1000);
    operation.results[result] += 1;
  }

  function timed<T>(
    operation: OperationTiming,
    task: Promise<T>,
    resultOf: (value: T) => StoreResult,
  ): Promise<T> {
    const startedAt = elapsedMs();
    task.then(
      value => note(operation, startedAt, resultOf(value)),
      () => note(operation, startedAt, 'failed'),
    );
    return task;
  }

  /** Until the first entry, or until the end where there is none. The other entries take no more time than before. */
  function timedEntries<T>(
    operation: OperationTiming,
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
            return timed(operation, iterator.next(), done);
          },
          async return() {
            await iterator.return?.();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  return {
    ...store,
    get: key => timed(timing.get, store.get(key), done),
    head: key => timed(timing.head, store.head(key), done),
    put: (...call) => timed(timing.put, store.put(...call), isStored),
    delete: (...call) => timed(timing.delete, store.delete(...call), isStored),
    list: (...call) => timedEntries(timing.list, store.list(...call)),
    follow(prefix) {
      const follower = store.follow(prefix);
      return { poll: () => timedEntries(timing.poll, follower.poll()) };
    },
    followNames(prefix) {
      const follower = store.followNames(prefix);
      return { ...follower, poll: () => timedEntries(timing.poll, follower.poll()) };
    },
  };
}

function done(): StoreResult {
  return 'done';
}

function isStored(outcome: unknown): StoreResult {
  return outcome === null || outcome === false ? 'refused' : 'done';
}
