import * as z from 'zod';
import type { JsonValue } from '../json/value.ts';
import { Time } from '../schema/timestamp.ts';

/** What happened to a job when it changed hands. */
export const HistoryEvent = z.enum([
  'created',
  'granted',
  'released',
  'expired',
  'paused',
  'resumed',
  'cancelled',
  'failed',
  'completed',
]);
export type HistoryEvent = z.infer<typeof HistoryEvent>;

/** A change of hands of a job. The names of the members are those of the state. */
export const HistoryEntry = z.object({
  at: Time,
  event: HistoryEvent,
  /** The epoch of the job from this change on. */
  epoch: z.int().min(0),
  /** The holder of the lease that began or ended; null if the job was not leased. */
  holder: z.string().nullable(),
  /** The holder or the name of the access token that made the change. Null for the service, or if there are no tokens. */
  by: z.string().nullable(),
  reason: z.string().nullable(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** A job remembers so many changes, the last ones. */
export const MAX_ENTRIES = 20;
/** The limit for the stored text of a history. Older entries are dropped to keep it. */
export const MAX_HISTORY_BYTES = 16_384;
export const MAX_REASON_CHARACTERS = 200;

/** Of an entry without its texts, in the layout of the files. */
const FRAME_BYTES = 256;
/** Of a character outside ASCII, which is written as an escape. */
const MAX_BYTES_OF_CHARACTER = 6;

const History = z.array(HistoryEntry).max(MAX_ENTRIES);

/** Histories that were read or made before. States are never changed in place. */
const known = new WeakMap<object, readonly HistoryEntry[]>();
const NONE: readonly HistoryEntry[] = [];

/** The history in a stored value. Another program may have written any value: an invalid one counts as none. */
export function readHistory(value: JsonValue | null): readonly HistoryEntry[] {
  if (!Array.isArray(value)) return NONE;
  const before = known.get(value);
  if (before !== undefined) return before;
  const parsed = History.safeParse(value);
  const history = parsed.success ? withinBytes(parsed.data) : NONE;
  known.set(value, history);
  if (history.length > 0) known.set(history, history);
  return history;
}

/** The history with one more entry, without the oldest ones beyond the limits. */
export function addEntry(
  history: readonly HistoryEntry[],
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  const reason = entry.reason?.slice(0, MAX_REASON_CHARACTERS).toWellFormed() ?? null;
  const added = withinBytes([...history, { ...entry, reason }].slice(-MAX_ENTRIES));
  known.set(added, added);
  return added;
}

function withinBytes(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  let bytes = 0;
  const first = history.findLastIndex(entry => {
    bytes += maxBytesOf(entry);
    return bytes > MAX_HISTORY_BYTES;
  });
  return first === -1 ? history : history.slice(first + 1);
}

/** At most so many bytes are stored for an entry. */
function maxBytesOf({ holder, by, reason }: HistoryEntry): number {
  return [holder, by, reason].reduce(
    (sum, text) => sum + (text === null ? 0 : storedBytes(text)),
    FRAME_BYTES,
  );
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function storedBytes(text: string): number {
  return PLAIN.test(text) ? text.length : text.length * MAX_BYTES_OF_CHARACTER;
}
