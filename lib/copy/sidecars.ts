import { nextSheet } from '../checkpoint/progress.ts';
import {
  hintKey,
  nameHashOf,
  parseReadyKey,
  READY_KEYS,
  type ReadyHint,
  sinceOf,
} from '../keys/ready-hint.ts';
import { canHaveHint, hintStatus, placeOf } from '../lease/hint-rules.ts';
import { EXPIRED_LEASE_KEYS } from '../storage/false-alarms.ts';
import type { ObjectStore, StoredObject } from '../store.ts';
import type { Snapshot } from './snapshot.ts';

/** The sidecar objects of the source: what it stores of jobs besides states and leases. */
export interface Sidecars {
  /** The keys of the hints by which the job may be claimed. */
  hintsOf(job: Snapshot): Promise<readonly string[]>;
  /** The expired lease record of the job; null when it has none. */
  expiredLeasesOf(jobKey: string): Promise<StoredObject | null>;
}

/** Lists both kinds once. A read per job would cost a request each, and most jobs have none. */
export async function readSidecars(source: ObjectStore): Promise<Sidecars> {
  const hints = new Map<string, ReadyHint[]>();
  for await (const { key } of source.list(READY_KEYS)) {
    const hint = parseReadyKey(key);
    if (hint === null) continue;
    const others = hints.get(hint.jobKey);
    if (others === undefined) hints.set(hint.jobKey, [hint]);
    else others.push(hint);
  }
  const expiredLeases = new Set<string>();
  for await (const { key } of source.list(EXPIRED_LEASE_KEYS)) expiredLeases.add(key);

  return {
    async hintsOf({ key, state }) {
      if (state === null || !canHaveHint(state)) return [];
      const { job_id: jobId, job_name: jobName, updated_at: changeAt } = state;
      const nameHash = await nameHashOf(jobName);
      const keys = new Set<string>();
      for (const hint of hints.get(key) ?? []) {
        if (hintStatus(hint, state) !== 'claimable') continue;
        const since = sinceOf(hint);
        const isNamed = hint.nameHash === null || hint.nameHash === nameHash || since === null;
        keys.add(isNamed ? hint.key : hintKey({ jobId, nameHash, since, changeAt }));
      }
      const since = placeOf(state);
      const own = hintKey({ jobId, nameHash, since, changeAt: since });
      if (keys.has(own)) return [...keys];
      // The hint may be newer than the list. A store without claims has no hints for waiting jobs.
      const announced = source.traits.compareAndSwap
        ? (await source.head(own)) !== null
        : state.status === 'pending' && nextSheet(state) !== null;
      return announced ? [...keys, own] : [...keys];
    },

    async expiredLeasesOf(jobKey) {
      const key = expiredLeasesKeyOf(jobKey);
      return expiredLeases.has(key) ? source.get(key) : null;
    },
  };
}

export function expiredLeasesKeyOf(jobKey: string): string {
  return `${EXPIRED_LEASE_KEYS}${jobKey.slice(jobKey.indexOf('/') + 1)}`;
}
