import { isObject, type JsonValue } from '../json/value.ts';
import { entryAt } from '../schema/dictionary.ts';

/** What happened to a job when it changed hands. */
export const HISTORY_EVENTS = [
  'granted',
  'released',
  'expired',
  'paused',
  'resumed',
  'cancelled',
  'failed',
  'completed',
] as const;
export type HistoryEvent = (typeof HISTORY_EVENTS)[number];

/** A change of hands of a job. The names of the members are those of the state. */
export type HistoryEntry = {
  /** A time in UTC: the `updated_at` of the change. */
  readonly at: string;
  readonly event: HistoryEvent;
  /** The epoch of the job from this change on. */
  readonly epoch: number;
  /** The holder of the lease that began or ended; null if the job was not leased. */
  readonly holder: string | null;
  /** The holder or the name of the access token that made the change. Null for the service, or if there are no tokens. */
  readonly by: string | null;
  readonly reason: string | null;
};

/** A job remembers so many changes, the last ones. */
export const MAX_ENTRIES = 20;
/** The limit for the stored text of a history. Older entries are dropped to keep it. */
export const MAX_HISTORY_BYTES = 16_384;
const MAX_REASON_CHARACTERS = 200;

/** Of an entry without its texts, in the layout of the files. */
const FRAME_BYTES = 256;
/** Of a character outside ASCII, which is written as an escape. */
const MAX_BYTES_OF_CHARACTER = 6;

/** Histories that were read or made before. States are never changed in place. */
const known = new WeakMap<object, readonly HistoryEntry[]>();
const NONE: readonly HistoryEntry[] = [];

/** The history in a stored value. Another program may have written any value: an invalid one counts as none. */
export function readHistory(value: JsonValue | null): readonly HistoryEntry[] {
  if (!Array.isArray(value)) return NONE;
  const before = known.get(value);
  if (before !== undefined) return before;
  const entries = value.length > MAX_ENTRIES ? [] : value.map(readEntry);
  const history = entries.includes(null) ? NONE : withinBytes(entries.filter(isSomething));
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

const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z$/;
const EVENTS: ReadonlySet<unknown> = new Set(HISTORY_EVENTS);

/**
 * An entry as this service writes them, else null. A schema would take as long as the rest of the parsing of a small
 * state.
 */
function readEntry(value: JsonValue): HistoryEntry | null {
  if (!isObject(value)) return null;
  const at = entryAt<JsonValue>(value, 'at');
  const event = entryAt<JsonValue>(value, 'event');
  const epoch = entryAt<JsonValue>(value, 'epoch');
  const holder = entryAt<JsonValue>(value, 'holder');
  const by = entryAt<JsonValue>(value, 'by');
  const reason = entryAt<JsonValue>(value, 'reason');
  if (typeof at !== 'string' || !TIME.test(at) || !isEvent(event)) return null;
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0) return null;
  if (!isTextOrNull(holder) || !isTextOrNull(by) || !isTextOrNull(reason)) return null;
  return { at, event, epoch, holder, by, reason };
}

function isEvent(value: unknown): value is HistoryEvent {
  return EVENTS.has(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isSomething<T>(value: T | null): value is T {
  return value !== null;
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
