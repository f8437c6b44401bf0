import { mayWait } from '../readiness.ts';
import { parseReadyKey, READY_KEYS, type ReadyHint, readyKey, worthOf } from '../ready-hint.ts';
import { nextSheet } from '../state/progress.ts';
import type { ObjectStore, StoredObject } from '../store.ts';
import type { KeptJob } from './kept-job.ts';

/** What the source keeps of its jobs beside their states and leases. */
export interface Companions {
  /** The keys of the hints by which the job may be claimed. */
  hintsOf(job: KeptJob): Promise<readonly string[]>;
  /** The lapses of the job, null where it has none. */
  lapsesOf(jobKey: string): Promise<StoredObject | null>;
}

const LAPSE_KEYS = 'lapses/';

/** Lists both once: asked for job by job they would cost a request for each, and most have none. */
export async function readCompanions(source: ObjectStore): Promise<Companions> {
  const hints = new Map<string, ReadyHint[]>();
  for await (const { key } of source.list(READY_KEYS)) {
    const hint = parseReadyKey(key);
    if (hint === null) continue;
    const others = hints.get(hint.jobKey);
    if (others === undefined) hints.set(hint.jobKey, [hint]);
    else others.push(hint);
  }
  const lapses = new Set<string>();
  for await (const { key } of source.list(LAPSE_KEYS)) lapses.add(key);

  return {
    async hintsOf({ key, state }) {
      if (state === null || !mayWait(state)) return [];
      const listed = hints.get(key) ?? [];
      const worthy = listed.filter(hint => worthOf(hint, state) === 'claimable');
      const keys = worthy.map(hint => hint.key);
      const own = readyKey(state.job_id, state.updated_at);
      if (keys.includes(own)) return keys;
      // A hint that is younger than the list; and a store without claims has none for its jobs that wait.
      const announced = source.traits.compareAndSwap
        ? (await source.head(own)) !== null
        : state.status === 'pending' && nextSheet(state) !== null;
      return announced ? [...keys, own] : keys;
    },

    async lapsesOf(jobKey) {
      const key = lapsesKeyOf(jobKey);
      return lapses.has(key) ? source.get(key) : null;
    },
  };
}

export function lapsesKeyOf(jobKey: string): string {
  return `${LAPSE_KEYS}${jobKey.slice(jobKey.indexOf('/') + 1)}`;
}
