import { setOwn } from '../layout/value.ts';
import { strictlyAfter, type Timestamp } from '../timestamp.ts';
import type { CheckpointState } from './checkpoint.ts';

/** The one key that the service adds to a state: what it must know of leases. Clients never set it. */
const OWNED_KEY = 'dalsegno';

/**
 * A client's state with the fields that the service owns as they are stored: `dalsegno` as it was,
 * and the old `updated_at`, from which `stamp` goes on.
 */
export function withOwnedFields(
  state: CheckpointState,
  stored: CheckpointState | null,
): CheckpointState {
  const fields: Record<string, unknown> = { ...state };
  const clean = Object.hasOwn(fields, OWNED_KEY) ? without(fields, OWNED_KEY) : fields;
  if (stored !== null && Object.hasOwn(stored, OWNED_KEY)) {
    const owned: Record<string, unknown> = stored;
    setOwn(clean, OWNED_KEY, owned[OWNED_KEY]);
  }
  return clean as CheckpointState;
}

/** The state as it is to be written: `updated_at` is later than it ever was in this job. */
export function stamp(
  state: CheckpointState,
  stored: CheckpointState | null,
  now: Timestamp,
): CheckpointState {
  return { ...state, updated_at: stored === null ? now : strictlyAfter(stored.updated_at, now) };
}

function without(fields: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _removed, ...rest } = fields;
  return rest;
}
