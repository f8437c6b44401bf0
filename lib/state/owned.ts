import {
  isObject,
  isOrderedObject,
  type JsonValue,
  orderedObject,
  tailOf,
  withTail,
} from '../layout/value.ts';
import { strictlyAfter, type Timestamp } from '../timestamp.ts';
import type { CheckpointState } from './checkpoint.ts';

/** The one key that the service adds to a state: what it must know of leases. */
const ADDED_KEY = 'dalsegno';
const OWNED_KEYS: ReadonlySet<string> = new Set([ADDED_KEY, 'updated_at']);

/** A client's document without the fields that the service owns: whatever they are, they are ignored. */
export function withoutOwnedFields(document: unknown): unknown {
  if (!isObject(document)) return document;
  if (isOrderedObject(document)) {
    return orderedObject([...document].filter(([key]) => !OWNED_KEYS.has(key)));
  }
  const { [ADDED_KEY]: _added, updated_at: _updatedAt, ...rest } = document;
  return rest;
}

/** A client's state with what the service had added to the stored one. */
export function withAddedFields(
  state: CheckpointState,
  stored: CheckpointState | null,
): CheckpointState {
  const added = stored === null ? undefined : addedTo(stored);
  if (added === undefined) return state;
  const tail = tailOf(state);
  if (tail !== null) return withTail({ ...state }, orderedObject([...tail, [ADDED_KEY, added]]));
  return Object.assign({ ...state }, { [ADDED_KEY]: added });
}

/** The state as it is to be written: `updated_at` is later than it ever was in this job. */
export function stamp(
  state: CheckpointState,
  stored: CheckpointState | null,
  now: Timestamp,
): CheckpointState {
  return { ...state, updated_at: stored === null ? now : strictlyAfter(stored.updated_at, now) };
}

function addedTo(stored: CheckpointState): JsonValue | undefined {
  const members: Readonly<Record<string, unknown>> = stored;
  const added = Object.hasOwn(members, ADDED_KEY) ? members[ADDED_KEY] : undefined;
  return (added as JsonValue | undefined) ?? tailOf(stored)?.get(ADDED_KEY);
}
