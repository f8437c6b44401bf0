import * as z from 'zod';
import type { Clock } from '../base/clock.ts';
import { sha256Hex } from '../base/digest.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import type { Verdict } from '../storage/process-memory.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../store.ts';
import type { Diagnosis, Doctor } from './doctor.ts';
import { tryConditions } from './probes.ts';

/** A doctor whose good findings outlive the process, for stores whose servers differ. */
export interface RememberingDoctor extends Doctor {
  /**
   * Examines the store, unless that was done here within a week, all was right, and three puts show that conditions still hold: then the
   * answer is null. Rejects with a `StoreError` where the store did not answer, so that it is not known whether leases hold.
   */
  examineOnce(options: { readonly listKeys: number }): Promise<Diagnosis | null>;
}

const KEY = 'doctor/sound.json';
/** A server may become another one behind the same name. */
const VALID_MS = 7 * 24 * 60 * 60 * 1000;

/** So often a start tries conditions where others that start at the same moment come first. */
const TRIES = 3;

const Found = z.object({
  place: z.string(),
  examined_ms: z.number(),
  /** Of the start that tried the conditions last: it makes the bytes other ones. */
  tried: z.string().optional(),
});
type Found = z.infer<typeof Found>;

/**
 * `place` says where the store is: what was found elsewhere does not count, also where the objects were copied together with
 * the finding.
 */
export function rememberFindings(parts: {
  readonly doctor: Doctor;
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'millis'>;
  readonly verdict: Verdict;
  readonly place: string;
}): RememberingDoctor {
  const { doctor, store, clock, verdict, place } = parts;

  async function wasFoundSound(): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const stored = await store.get(KEY);
      if (stored === null) return false;
      const found = Found.safeParse(tryParseJson(new TextDecoder().decode(stored.body)));
      if (!found.success || found.data.place !== (await sha256Hex(place))) return false;
      const ageMs = clock.millis() - found.data.examined_ms;
      if (ageMs < 0 || ageMs >= VALID_MS) return false;
      const other = bodyOf({ ...found.data, tried: crypto.randomUUID() });
      const outcome = await tryConditions(store, KEY, stored, other);
      if (outcome !== 'overtaken') return outcome === 'hold';
    }
    return false;
  }

  async function record({ checks }: Diagnosis): Promise<void> {
    if (verdict.get() === false) {
      await store.delete(KEY, UNCONDITIONAL);
      return;
    }
    if (!checks.every(({ ok }) => ok)) return;
    const found = { place: await sha256Hex(place), examined_ms: clock.millis() };
    await store.put(KEY, bodyOf(found), UNCONDITIONAL);
  }

  async function examine(options: { readonly listKeys: number }): Promise<Diagnosis> {
    const diagnosis = await doctor.examine(options);
    try {
      await record(diagnosis);
    } catch (error) {
      // The next start examines the store again.
      if (!(error instanceof StoreError)) throw error;
    }
    return diagnosis;
  }

  return {
    allowsLeases: () => doctor.allowsLeases(),
    examine,

    async examineOnce(options) {
      if (await wasFoundSound()) {
        verdict.set(true);
        return null;
      }
      const diagnosis = await examine(options);
      if (verdict.get() !== null) return diagnosis;
      const failed = diagnosis.checks.find(({ ok }) => !ok);
      throw new StoreError(
        `Cannot examine the store: ${failed?.name ?? 'a check'}: ${failed?.detail ?? 'no answer'}`,
      );
    },
  };
}

function bodyOf(found: Found): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(found));
}
