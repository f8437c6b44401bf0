import { hasBytes } from '../../base/bytes.ts';
import {
  ABSENT,
  atVersion,
  type Body,
  type Durability,
  type ObjectStore,
  type Precondition,
  StoreError,
  type Version,
} from '../../store.ts';

/** What a write stores. */
export interface Content {
  readonly body: Body;
  /** Stored with the body if the store keeps labels. */
  readonly label?: string | undefined;
  /** Durable, unless said otherwise. */
  readonly durability?: Durability | undefined;
  /** Of an empty object that is stored in the same step. Only for a store that has such a step. */
  readonly emptyKey?: string | undefined;
}

/** A stored object, as its reader returns it. */
export interface Versioned {
  readonly version: Version;
}

/** Replaces an object only if it is still `current`, null for none. Null after a lost race. */
export async function swap(
  store: ObjectStore,
  key: string,
  content: Content,
  current: Versioned | null,
): Promise<Version | null> {
  const { body, label, durability, emptyKey } = content;
  const precondition = preconditionOf(current);
  try {
    if (emptyKey !== undefined && store.putWithEmpty !== undefined) {
      return await store.putWithEmpty(key, { body, precondition, label }, emptyKey);
    }
    return await store.put(key, body, precondition, label, durability);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    /*
     * A put whose answer was lost may have been stored. It was stored if the stored bytes are the new ones. They are then
     * written again over themselves, so that the store itself confirms that they are durable.
     */
    const stored = await store.get(key);
    if (stored === null || !hasBytes(stored.body, body)) throw error;
    const settled = await store.put(key, body, atVersion(stored.version), label, durability);
    // A refusal means that another writer has replaced the new bytes: they were stored all the same.
    return settled ?? stored.version;
  }
}

/** Deletes an object only if it is still `current`. False after a lost race. */
export function remove(
  store: ObjectStore,
  key: string,
  current: Versioned | null,
  durability?: Durability,
): Promise<boolean> {
  return store.delete(key, preconditionOf(current), durability);
}

function preconditionOf(current: Versioned | null): Precondition {
  return current === null ? ABSENT : atVersion(current.version);
}
