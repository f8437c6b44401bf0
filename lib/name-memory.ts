import { LRUCache } from 'lru-cache';
import type { Version } from './store.ts';

/**
 * The names of jobs by version. Claims of one name pass over the jobs of all others again and again, and
 * need not read what they have read before.
 */
export interface NameMemory {
  saw(jobKey: string, version: Version, jobName: string): void;
  /** The version of the job that is known to have another name, null where none is. */
  otherwiseNamed(jobKey: string, jobName: string): Version | null;
}

const MAX_NAMES = 200_000;

export function createNameMemory(): NameMemory {
  const names = new LRUCache<string, { version: Version; jobName: string }>({
    maxSize: MAX_NAMES,
    sizeCalculation: () => 1,
  });
  return {
    saw(jobKey, version, jobName) {
      names.set(jobKey, { version, jobName });
    },
    otherwiseNamed(jobKey, jobName) {
      const known = names.get(jobKey);
      return known === undefined || known.jobName === jobName ? null : known.version;
    },
  };
}
