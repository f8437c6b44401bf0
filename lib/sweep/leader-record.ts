import * as z from 'zod';
import { tryParseJson } from '../base/try-parse-json.ts';
import type { Interruption } from '../lease/interruption.ts';
import { Time } from '../schema/timestamp.ts';
import { swap } from '../storage/commit/confirmed-swap.ts';
import type { ObjectStore, Version } from '../store.ts';

/** Which of the processes on a store sweeps. It writes this record again and again, to show that it lives. */
const LeaderRecord = z.object({
  /** Unique for each start of a process. */
  id: z.string(),
  /** The name of the process, for people. */
  name: z.string(),
  /** Grows by one with each process that takes over. */
  epoch: z.int().min(0),
  /** So that no two writes have the same bytes. */
  renewals: z.int().min(0),
  /** By the clock of the leader. */
  at: Time,
  /** Whether the leader has stopped, so that another process may take over at once. */
  released: z.boolean(),
  /** When holders could reach no process, as far as the leader knows. Null: for an unknown time. */
  interruptions: z
    .array(z.object({ ended_at: Time, seconds: z.number().min(0).nullable() }))
    .max(100),
});
export type LeaderRecord = z.infer<typeof LeaderRecord>;

/** The stored record and its version. */
export interface FoundLeader {
  readonly version: Version;
  /** Null if it is unreadable, for example that of a later version of the service. */
  readonly record: LeaderRecord | null;
}

export const LEADER_KEY = 'sweep/leader.json';

/** Null if no process has led yet. Rejects with a `StoreError`. */
export async function readLeader(store: ObjectStore): Promise<FoundLeader | null> {
  const object = await store.get(LEADER_KEY);
  if (object === null) return null;
  const parsed = LeaderRecord.safeParse(tryParseJson(new TextDecoder().decode(object.body)));
  return { version: object.version, record: parsed.success ? parsed.data : null };
}

/** Replaces the record that was found. Null where another process was faster. Rejects with a `StoreError`. */
export function writeLeader(
  store: ObjectStore,
  record: LeaderRecord,
  found: Pick<FoundLeader, 'version'> | null,
): Promise<Version | null> {
  const body = new TextEncoder().encode(JSON.stringify(record));
  // What a crash takes away of it is written again, by this process or by the next leader.
  return swap(store, LEADER_KEY, { body, durability: 'ordered' }, found);
}

export function storedInterruptions(known: readonly Interruption[]): LeaderRecord['interruptions'] {
  return known.map(({ endedAt, seconds }) => ({
    ended_at: endedAt,
    seconds: Number.isFinite(seconds) ? seconds : null,
  }));
}

export function interruptionsIn({ interruptions }: LeaderRecord): readonly Interruption[] {
  return interruptions.map(({ ended_at: endedAt, seconds }) => ({
    endedAt,
    seconds: seconds ?? Number.POSITIVE_INFINITY,
  }));
}
