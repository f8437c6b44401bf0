import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { withSeparatePuts } from './separate-puts.ts';

/** What ends a process in a test: no fault of a store, so nobody catches it. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** A store as a process sees it that dies: after so many writes and deletions nothing works any more. */
export function dyingStore(
  inner: ObjectStore,
  stepsToLive: number,
): { readonly store: ObjectStore; readonly died: () => boolean } {
  let steps = 0;
  let dead = false;

  async function alive<T>(task: () => Promise<T>): Promise<T> {
    if (dead) throw new Died('The process is dead');
    return task();
  }

  /** The last step is carried out, and its answer heard by nobody. */
  async function step<T>(task: () => Promise<T>): Promise<T> {
    return alive(async () => {
      if (steps === stepsToLive) dead = true;
      if (dead) throw new Died('The process died before the step');
      steps += 1;
      const answer = await task();
      if (steps < stepsToLive) return answer;
      dead = true;
      throw new Died('The process died after the step');
    });
  }

  const store: ObjectStore = {
    ...withSeparatePuts(inner),
    get: key => alive(() => inner.get(key)),
    head: key => alive(() => inner.head(key)),
    put: (key, body, precondition, label) => step(() => inner.put(key, body, precondition, label)),
    delete: (key, precondition) => step(() => inner.delete(key, precondition)),
  };
  return { store, died: () => dead };
}

/** A store that carries out its nth write or deletion and then loses the answer, once. */
export function forgetfulStore(
  inner: ObjectStore,
  nth: number,
): { readonly store: ObjectStore; readonly forgot: () => boolean } {
  let steps = 0;

  async function step<T>(task: () => Promise<T>): Promise<T> {
    const answer = await task();
    steps += 1;
    if (steps === nth) throw new StoreError('The connection was lost');
    return answer;
  }

  const store: ObjectStore = {
    ...withSeparatePuts(inner),
    put: (key, body, precondition, label) => step(() => inner.put(key, body, precondition, label)),
    delete: (key, precondition) => step(() => inner.delete(key, precondition)),
  };
  return { store, forgot: () => steps >= nth };
}
