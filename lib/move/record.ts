import * as z from 'zod';
import { tryParseJson } from '../base/try-parse-json.ts';
import { type ObjectStore, StoreError, type Version } from '../store.ts';

/** Where leases, hints and the other objects are that are no jobs. */
export const Medium = z.enum(['r2', 'shards']);
export type Medium = z.infer<typeof Medium>;

/** Where R2 has the record of the last move. Without one, everything is in R2. */
export const MOVE_KEY = 'shards/move.json';

/** Where a pass over the folders continues. */
const DrainCursor = z.object({
  folder: z.int().min(0),
  after: z.string(),
  /** How many objects this pass has found. */
  found: z.int().min(0),
});
export type DrainCursor = z.infer<typeof DrainCursor>;

/** A move into one medium from the other. */
const MoveRecord = z.object({
  to: Medium,
  /** In milliseconds since 1970, as are the others. Until then the other medium alone is used. */
  starts_at_ms: z.number(),
  /** What was begun before the start has ended by then, so the move may end. */
  settles_at_ms: z.number(),
  /** Null while it is under way. */
  done_at_ms: z.number().nullable(),
  moved: z.int().min(0),
  cursor: DrainCursor.nullable(),
  /** Where the comparison of the jobs with the catalogues of the shards continues. */
  compared: z.object({ after: z.string(), moments: z.array(z.string()) }).nullable(),
});
export type MoveRecord = z.infer<typeof MoveRecord>;

export interface StoredMove {
  readonly record: MoveRecord;
  readonly version: Version;
}

/** Longer than any request. */
const SETTLE_MS = 60_000;

/** A move that starts after `delayMs`. */
export function moveTo(to: Medium, nowMs: number, delayMs: number): MoveRecord {
  return {
    to,
    starts_at_ms: nowMs + delayMs,
    settles_at_ms: nowMs + delayMs + Math.min(delayMs, SETTLE_MS),
    done_at_ms: null,
    moved: 0,
    cursor: null,
    compared: null,
  };
}

export function otherThan(medium: Medium): Medium {
  return medium === 'r2' ? 'shards' : 'r2';
}

/** Null where nothing was ever moved. Rejects with a `StoreError` where R2 fails, or where the file is no record. */
export async function readMove(bodies: Pick<ObjectStore, 'get'>): Promise<StoredMove | null> {
  const stored = await bodies.get(MOVE_KEY);
  if (stored === null) return null;
  const parsed = MoveRecord.safeParse(tryParseJson(new TextDecoder().decode(stored.body)));
  if (parsed.success) return { record: parsed.data, version: stored.version };
  throw new StoreError(
    `Cannot run: "${MOVE_KEY}" is not the record of a move. Without it nobody knows where the leases are`,
  );
}

export function bodyOfMove(record: MoveRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}
