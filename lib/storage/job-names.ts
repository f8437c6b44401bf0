import { LRUCache } from 'lru-cache';
import { cacheShare, ENTRY_BYTES } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import type { Version } from '../store.ts';

/**
 * The names of jobs by version. Claims of one name pass over the jobs of all others again and again, and
 * need not read what they have read before.
 */
export interface JobNames {
  saw(jobKey: string, version: Version, jobName: string): void;
  /** The version of the job that is known to have another name, null where none is. */
  otherwiseNamed(jobKey: string, jobName: string): Version | null;
}

/** Longer ones are read every time: one of megabytes would push out thousands of others. */
const LONGEST_NAME = 1000;

export function createJobNames(cacheBytes: number): JobNames {
  const names = new LRUCache<string, { version: Version; jobName: string }>({
    maxSize: cacheShare('names', cacheBytes),
    sizeCalculation: ({ version, jobName }, jobKey) =>
      ENTRY_BYTES + textBytes(version) + textBytes(jobName) + textBytes(jobKey),
  });
  return {
    saw(jobKey, version, jobName) {
      const known = names.get(jobKey);
      if (known?.version === version && known.jobName === jobName) return;
      if (jobName.length > LONGEST_NAME) names.delete(jobKey);
      else names.set(ownText(jobKey), { version: ownText(version), jobName: ownText(jobName) });
    },
    otherwiseNamed(jobKey, jobName) {
      const known = names.get(jobKey);
      return known === undefined || known.jobName === jobName ? null : known.version;
    },
  };
}
