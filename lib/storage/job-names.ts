import { LRUCache } from 'lru-cache';
import { cacheShare, ENTRY_BYTES } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import type { Version } from '../store.ts';

/**
 * The names of jobs by version. Claims for one name skip the jobs of other names again and again, and need not
 * read those jobs each time.
 */
export interface JobNames {
  record(jobKey: string, version: Version, jobName: string): void;
  /** The version at which the job is known to have another name, null if none is known. */
  versionWithOtherName(jobKey: string, jobName: string): Version | null;
}

/** A longer name is not cached: a name of megabytes would evict thousands of others. */
const LONGEST_NAME = 1000;

export function createJobNames(cacheBytes: number): JobNames {
  const names = new LRUCache<string, { version: Version; jobName: string }>({
    maxSize: cacheShare('names', cacheBytes),
    sizeCalculation: ({ version, jobName }, jobKey) =>
      ENTRY_BYTES + textBytes(version) + textBytes(jobName) + textBytes(jobKey),
  });
  return {
    record(jobKey, version, jobName) {
      const known = names.get(jobKey);
      if (known?.version === version && known.jobName === jobName) return;
      if (jobName.length > LONGEST_NAME) names.delete(jobKey);
      else names.set(ownText(jobKey), { version: ownText(version), jobName: ownText(jobName) });
    },
    versionWithOtherName(jobKey, jobName) {
      const known = names.get(jobKey);
      return known === undefined || known.jobName === jobName ? null : known.version;
    },
  };
}
