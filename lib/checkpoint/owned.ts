import { strictlyAfter, type Timestamp } from '../base/timestamp.ts';
import {
  isObject,
  isOrderedObject,
  type JsonValue,
  orderedObject,
  tailOf,
  withTail,
} from '../json/value.ts';
import { dictionary, entriesOf, entryAt } from '../schema/dictionary.ts';
import type { CheckpointState } from './checkpoint.ts';

/** The only key that the service adds to a state. Its value is the lease data of the job. */
const ADDED_KEY = 'dalsegno';
const OWNED_KEYS: ReadonlySet<string> = new Set([ADDED_KEY, 'updated_at']);

/** A client's document without the fields that the service owns. Their values are ignored, even invalid ones. */
export function withoutOwnedFields(document: unknown): unknown {
  if (!isObject(document)) return document;
  if (isOrderedObject(document)) {
    return orderedObject([...document].filter(([key]) => !OWNED_KEYS.has(key)));
  }
  // A document may have very many members, so it is copied only if necessary.
  if (![...OWNED_KEYS].some(key => Object.hasOwn(document, key))) return document;
  const { [ADDED_KEY]: _added, updated_at: _updatedAt, ...rest } = document;
  return rest;
}

/** A client's state with the added value of the stored state. */
export function withAddedFields(
  state: CheckpointState,
  stored: CheckpointState | null,
): CheckpointState {
  const added = stored === null ? undefined : addedValueOf(stored);
  return added === undefined ? state : withAdded(state, added);
}

/** The state with this value under the added key, which stays the last key. */
export function withAdded(state: CheckpointState, added: JsonValue): CheckpointState {
  const tail = tailOf(state);
  if (tail !== null)
    return withTail({ ...state }, orderedObject([...withoutAdded(tail), [ADDED_KEY, added]]));
  const { [ADDED_KEY]: _before, ...rest }: CheckpointState & { [ADDED_KEY]?: unknown } = state;
  return Object.assign(rest, { [ADDED_KEY]: added });
}

/** The value under the added key. */
export function addedValueOf(state: CheckpointState): JsonValue | undefined {
  const members: Readonly<Record<string, unknown>> = state;
  const added = Object.hasOwn(members, ADDED_KEY) ? members[ADDED_KEY] : undefined;
  return (added as JsonValue | undefined) ?? tailOf(state)?.get(ADDED_KEY);
}

/** A member of the added value; null if there is none. Another program may have written any value there. */
export function addedMemberOf(state: CheckpointState, name: string): JsonValue {
  const added = addedValueOf(state);
  return isObject(added) ? entryAt<JsonValue>(added, name) : null;
}

/** The state with this member of the added value, whose other members stay. Undefined removes it. */
export function withAddedMember(
  state: CheckpointState,
  name: string,
  value: JsonValue | undefined,
): CheckpointState {
  const added = addedValueOf(state);
  const entries = new Map(isObject(added) ? entriesOf<JsonValue>(added) : []);
  if (value === undefined) entries.delete(name);
  else entries.set(name, value);
  return withAdded(state, dictionary(entries));
}

/** The time of a change that is made at `now`. It is later than every earlier change of this job. */
export function changeTime(stored: CheckpointState | null, now: Timestamp): Timestamp {
  return stored === null ? now : strictlyAfter(stored.updated_at, now);
}

/** The state to write, with an `updated_at` later than every earlier one of this job. */
export function stamp(
  state: CheckpointState,
  stored: CheckpointState | null,
  now: Timestamp,
): CheckpointState {
  return { ...state, updated_at: changeTime(stored, now) };
}

function withoutAdded(tail: ReadonlyMap<string, JsonValue>): [string, JsonValue][] {
  return [...tail].filter(([key]) => key !== ADDED_KEY);
}
