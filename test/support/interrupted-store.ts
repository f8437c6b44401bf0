import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';

/** A memory store in which something can come to pass just before a write. */
export interface InterruptedStore extends ObjectStore {
  /** Once, before the next write under a key that begins so. */
  before(prefix: string, task: () => Promise<unknown>): void;
}

export function interruptedStore(): InterruptedStore {
  const inner = createMemoryStore();
  const tasks = new Map<string, () => Promise<unknown>>();
  return {
    ...inner,
    before(prefix, task) {
      tasks.set(prefix, task);
    },
    async put(key, body, precondition) {
      const prefix = [...tasks.keys()].find(start => key.startsWith(start)) ?? '';
      const task = tasks.get(prefix);
      tasks.delete(prefix);
      await task?.();
      return inner.put(key, body, precondition);
    },
  };
}
