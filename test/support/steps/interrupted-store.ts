import type { ObjectStore } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { withSeparatePuts } from './separate-puts.ts';

/** A store in which something can come to pass just before a write. By default it makes each write in a step of its own. */
export interface InterruptedStore extends ObjectStore {
  /** Once, before the next write under a key that begins so. */
  before(prefix: string, task: () => Promise<unknown>): void;
}

export function interruptedStore(
  inner: ObjectStore = withSeparatePuts(createMemoryStore()),
): InterruptedStore {
  const tasks = new Map<string, () => Promise<unknown>>();

  async function interrupt(key: string): Promise<void> {
    const prefix = [...tasks.keys()].find(start => key.startsWith(start)) ?? '';
    const task = tasks.get(prefix);
    tasks.delete(prefix);
    await task?.();
  }

  const { putWith } = inner;
  return {
    ...inner,
    ...(putWith === undefined
      ? {}
      : {
          async putWith(key, put, others) {
            for (const other of others) if (other.kind === 'put') await interrupt(other.key);
            await interrupt(key);
            return putWith(key, put, others);
          },
        }),
    before(prefix, task) {
      tasks.set(prefix, task);
    },
    async put(key, ...put) {
      await interrupt(key);
      return inner.put(key, ...put);
    },
  };
}
