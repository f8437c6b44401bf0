import { LRUCache } from 'lru-cache';
import type { ObjectStore, Version } from './store.ts';

/**
 * The names of jobs by version. Claims of one name pass over the jobs of all others again and again, and
 * need not read what they have read before.
 */
export interface NameMemory {
  saw(jobKey: string, version: Version, jobName: string): void;
  /** Whether the job, as it stands now, is known to have another name. */
  isOther(jobKey: string, jobName: string): Promise<boolean>;
}

const MAX_NAMES = 200_000;

export function createNameMemory(store: ObjectStore): NameMemory {
  const names = new LRUCache<string, { version: Version; jobName: string }>({
    maxSize: MAX_NAMES,
    sizeCalculation: () => 1,
  });
  return {
    saw(jobKey, version, jobName) {
      names.set(jobKey, { version, jobName });
    },
    async isOther(jobKey, jobName) {
      const known = names.get(jobKey);
      if (known === undefined || known.jobName === jobName) return false;
      return (await store.head(jobKey)) === known.version;
    },
  };
}
