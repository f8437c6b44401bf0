import { awaitAll } from '../base/await-all.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { hintKey, nameHashOf, namelessKey, READY_KEYS } from '../keys/ready-hint.ts';
import { decodeLease, type LeaseTimes } from '../lease/lease.ts';
import { createHintsByJob, type HintsByJob } from '../ready/hints-by-job.ts';
import { type JobEntry, updatedAt } from '../storage/job-entry.ts';
import type { LeaseIndex } from '../storage/leases/lease-index.ts';
import type { ObjectStore } from '../store.ts';

/** What a moment asks of leases. */
export type KnownLeases = Pick<LeaseIndex, 'of' | 'torn' | 'hasExpired'>;

/** Names are cut in lists, so the hash of one that is as long is not known. */
const LONGEST_NAME = 499;

/** The leases that these jobs name: one read for each. */
export async function leasesOf(
  store: ObjectStore,
  jobs: readonly JobEntry[],
): Promise<KnownLeases> {
  const found = new Map<string, LeaseTimes | 'torn'>();
  const keys = jobs.flatMap(({ lease_key: key }) => key ?? []);
  await awaitAll(
    keys.map(async key => {
      const object = await store.get(key);
      if (object === null) return;
      const decoded = decodeLease(object.body, key);
      found.set(key, decoded.ok ? decoded.lease : 'torn');
    }),
  );
  return {
    of: key => found.get(key) ?? null,
    torn: () => [...found].flatMap(([key, times]) => (times === 'torn' ? [key] : [])),
    hasExpired(now) {
      const micros = toUnixMicros(now);
      return [...found.values()].some(
        times => times !== 'torn' && toUnixMicros(times.expires_at) <= micros,
      );
    },
  };
}

/**
 * The hints of these jobs. Their keys follow from the jobs, so each is looked up. All hints are listed only if the key of one does
 * not: that of a job that was renamed, or changed before its first claim.
 */
export async function hintsOf(store: ObjectStore, jobs: readonly JobEntry[]): Promise<HintsByJob> {
  const looked = await awaitAll(jobs.map(job => lookForHint(store, job)));
  const found = looked.filter(key => typeof key === 'string');
  if (!looked.includes(undefined)) return createHintsByJob(found);
  const keys: string[] = [];
  for await (const { key } of store.list(READY_KEYS, READY_KEYS, { labels: false })) keys.push(key);
  return createHintsByJob(keys);
}

/** Null if the job has no hint, undefined where only a list of all hints can tell. */
async function lookForHint(store: ObjectStore, job: JobEntry): Promise<string | null | undefined> {
  if (job.status !== 'pending' && job.status !== 'paused') return null;
  if (job.job_name.length > LONGEST_NAME) return undefined;
  const place: Timestamp = job.waiting_since ?? updatedAt(job);
  const { job_id: jobId } = job;
  const nameHash = await nameHashOf(job.job_name);
  const likely = [
    hintKey({ jobId, nameHash, since: place, changeAt: place }),
    namelessKey(jobId, place),
  ];
  const versions = await awaitAll(likely.map(key => store.head(key)));
  const first = likely.find((_, index) => versions[index] !== null);
  if (first !== undefined) return first;
  return job.status === 'pending' || job.waiting_since !== null ? undefined : null;
}
