import type { Clock } from '../base/clock.ts';
import { swap } from '../storage/commit/confirmed-swap.ts';
import type { JobReader } from '../storage/job-reader.ts';
import { JOB_FOLDER, outlineOf, storedLabelOf } from '../storage/job-summary.ts';
import type { ObjectStore, OrderedLists } from '../store.ts';

/** How long the lists are trusted: an older version of the service may write to the store too. */
const TRUSTED_MS = 24 * 60 * 60 * 1000;
const PAGE = 500;

interface Parts {
  readonly store: ObjectStore;
  readonly reader: Pick<JobReader, 'inspect'>;
  readonly clock: Clock;
}

/**
 * Adds the jobs to the lists by place that a version without them wrote, once a day. From the first time on the lists
 * are read. A job whose label does not say its place is written again with one that does, and has a new version. Returns
 * how much it corrected: nothing for a store without such lists.
 */
export async function completeJobLists({ store, reader, clock }: Parts): Promise<number> {
  const { ordered } = store;
  if (ordered === null) return 0;
  const corrected = await ordered.complete(JOB_FOLDER, clock.millis() - TRUSTED_MS);
  if (corrected === null) return 0;
  let placed = 0;
  for (const key of await withoutPlace(ordered)) {
    const object = await store.get(key);
    const job = object === null ? null : await reader.inspect(key, object);
    if (object === null || job?.kind !== 'job') continue;
    const label = storedLabelOf(outlineOf(job.state), store);
    const version = await swap(store, key, { body: object.body, label }, object);
    if (version !== null) placed += 1;
  }
  return corrected + placed;
}

async function withoutPlace(ordered: OrderedLists): Promise<readonly string[]> {
  const keys: string[] = [];
  const all = { group: null, before: null, descending: true, limit: PAGE };
  let page = await ordered.page(JOB_FOLDER, { ...all, after: null });
  for (;;) {
    for (const { key, order } of page) {
      if (order !== null) return keys;
      keys.push(key);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return keys;
    page = await ordered.page(JOB_FOLDER, { ...all, after: { order: last.order, key: last.key } });
  }
}
