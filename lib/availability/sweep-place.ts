import * as z from 'zod';
import { tryParseJson } from '../base/try-parse-json.ts';
import { JOB_KEYS } from '../keys/job-id.ts';
import { LEASE_KEYS } from '../lease/lease.ts';
import { Time } from '../schema/timestamp.ts';
import { type ObjectStore, UNCONDITIONAL } from '../store.ts';

const StoredInterruption = z.object({ ended_at: Time, seconds: z.number().min(0) });

/** The place at which the next scheduled sweep continues, and the times of the earlier ones. */
export const SweepPlace = z.object({
  /** The keys after which the next sweep continues. Null to start at the first key. */
  leases: z.string().startsWith(LEASE_KEYS).nullable(),
  jobs: z.string().startsWith(JOB_KEYS).nullable(),
  /** The number of the sweep that wrote this record. */
  call: z.int().min(0),
  /** When this record was written. Null in records of older versions. */
  at: Time.nullable().default(null),
  /** The periods without sweeps that still have an effect. */
  interruptions: z.array(StoredInterruption).max(100).default([]),
  /** The time by which the age of finished jobs counts. Null if old jobs are not deleted. */
  trusted_at: Time.nullable().default(null),
});
export type SweepPlace = z.infer<typeof SweepPlace>;

/** Written at the end of every sweep. */
export const PLACE_KEY = 'sweep/place.json';
/** Written before a sweep reads its first job. A separate object, because a key allows one write per second. */
export const UNDERWAY_KEY = 'sweep/underway.json';

/** Of a store that was never swept. */
export const SWEEP_START: SweepPlace = {
  leases: null,
  jobs: null,
  call: 0,
  at: null,
  interruptions: [],
  trusted_at: null,
};

/** The stored record. The start if nothing readable is stored. */
export async function readSweepPlace(store: ObjectStore, key: string): Promise<SweepPlace> {
  const object = await store.get(key);
  if (object === null) return SWEEP_START;
  const parsed = SweepPlace.safeParse(tryParseJson(new TextDecoder().decode(object.body)));
  return parsed.success ? parsed.data : SWEEP_START;
}

export async function writeSweepPlace(
  store: ObjectStore,
  key: string,
  place: SweepPlace,
): Promise<void> {
  await store.put(key, new TextEncoder().encode(JSON.stringify(place)), UNCONDITIONAL);
}
