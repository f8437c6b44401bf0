import { isObject, isOrderedObject, orderedObject, setOwn } from '../layout/value.ts';
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
  if (stored === null || !Object.hasOwn(stored, ADDED_KEY)) return state;
  const fields: Record<string, unknown> = { ...state };
  const owned: Record<string, unknown> = stored;
  setOwn(fields, ADDED_KEY, owned[ADDED_KEY]);
  return fields as CheckpointState;
}

/** The state as it is to be written: `updated_at` is later than it ever was in this job. */
export function stamp(
  state: CheckpointState,
  stored: CheckpointState | null,
  now: Timestamp,
): CheckpointState {
  return { ...state, updated_at: stored === null ? now : strictlyAfter(stored.updated_at, now) };
}
