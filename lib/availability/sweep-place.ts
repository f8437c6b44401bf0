import * as z from 'zod';
import { parsePlain } from '../base/try-parse-json.ts';
import { JOB_KEYS } from '../keys/job-id.ts';
import { LEASE_KEYS } from '../lease/lease.ts';
import { Time } from '../schema/timestamp.ts';
import { type ObjectStore, UNCONDITIONAL } from '../store.ts';

const StoredInterruption = z.object({ ended_at: Time, seconds: z.number().min(0) });

/** Where scheduled sweeps go on, and when they ran. */
export const SweepPlace = z.object({
  /** Keys behind which the next call goes on; null for the first. */
  leases: z.string().startsWith(LEASE_KEYS).nullable(),
  jobs: z.string().startsWith(JOB_KEYS).nullable(),
  /** Which call has written this: they are counted. */
  call: z.int().min(0),
  /** When this was written; null in what older versions have written. */
  at: Time.nullable().default(null),
  /** Times without calls, of those that still matter. */
  interruptions: z.array(StoredInterruption).max(100).default([]),
});
export type SweepPlace = z.infer<typeof SweepPlace>;

/** Written at the end of every call. */
export const PLACE_KEY = 'sweep/place.json';
/** Written before a call reads its first job. Another object, for one is not to be written twice in a second. */
export const UNDERWAY_KEY = 'sweep/underway.json';

const START: SweepPlace = { leases: null, jobs: null, call: 0, at: null, interruptions: [] };

/** The start where nothing is stored, or nothing that can be read. */
export async function readSweepPlace(store: ObjectStore, key: string): Promise<SweepPlace> {
  const object = await store.get(key);
  if (object === null) return START;
  const parsed = SweepPlace.safeParse(parsePlain(new TextDecoder().decode(object.body)));
  return parsed.success ? parsed.data : START;
}

export async function writeSweepPlace(
  store: ObjectStore,
  key: string,
  place: SweepPlace,
): Promise<void> {
  await store.put(key, new TextEncoder().encode(JSON.stringify(place)), UNCONDITIONAL);
}
