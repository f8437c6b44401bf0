import { type ObjectStore, StoreError } from '../../lib/store.ts';

/** A store whose next put of a job is interrupted. */
export interface GatedStore {
  readonly store: ObjectStore;
  /** How many puts of jobs came. */
  puts(): number;
  /** Runs just before the next put of a job. */
  beforePut(task: () => Promise<unknown>): void;
  /** Runs when the next `head` of a job has its answer, before the caller gets it. */
  afterHead(task: () => Promise<unknown>): void;
  /** Fails the next put of a job: before it is carried out, or after, so that only its answer is lost. */
  failPut(when: 'before' | 'after'): void;
}

export function gatedStore(inner: ObjectStore): GatedStore {
  let puts = 0;
  let task: (() => Promise<unknown>) | null = null;
  let headTask: (() => Promise<unknown>) | null = null;
  let failure: 'before' | 'after' | null = null;

  const store: ObjectStore = {
    ...inner,
    async head(key) {
      const version = await inner.head(key);
      const next = key.startsWith('jobs/') ? headTask : null;
      if (next !== null) headTask = null;
      await next?.();
      return version;
    },
    async put(key, body, precondition, label) {
      if (!key.startsWith('jobs/')) return inner.put(key, body, precondition, label);
      puts += 1;
      const before = task;
      const fails = failure;
      task = null;
      failure = null;
      await before?.();
      if (fails === 'before') throw new StoreError('The store is down');
      const version = await inner.put(key, body, precondition, label);
      if (fails === 'after') throw new StoreError('The connection was lost');
      return version;
    },
  };
  return {
    store,
    puts: () => puts,
    beforePut(next) {
      task = next;
    },
    afterHead(next) {
      headTask = next;
    },
    failPut(when) {
      failure = when;
    },
  };
}
