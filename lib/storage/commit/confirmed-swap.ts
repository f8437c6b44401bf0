import { hasBytes } from '../../base/bytes.ts';
import {
  ABSENT,
  atVersion,
  type Body,
  type Durability,
  type JointWrite,
  type ObjectStore,
  type Precondition,
  StoreError,
  UNCONDITIONAL,
  type Version,
} from '../../store.ts';
import type { Sidecar, SidecarWrite } from './sidecar-write.ts';

/** What a write stores. */
export interface Content {
  readonly body: Body;
  /** Stored with the body if the store keeps labels. */
  readonly label?: string | undefined;
  /** Durable, unless said otherwise. */
  readonly durability?: Durability | undefined;
}

/** A stored object, as its reader returns it. */
export interface Versioned {
  readonly version: Version;
}

/** As `swap`, in one step with writes beside it: all happen, or none. Only for a store that has such a step. */
export async function swapWith(
  store: ObjectStore,
  key: string,
  content: Content,
  { current, sidecars }: { current: Versioned | null; sidecars: readonly SidecarWrite[] },
): Promise<Version | null> {
  const { body, label } = content;
  const put = { body, label, precondition: preconditionOf(current) };
  const others = sidecars.map(({ write }) => jointWrite(write));
  let versions: readonly (Version | null)[] = [];
  const version = await confirmed(store, key, content, async () => {
    const stored = await store.putWith?.(key, put, others);
    versions = stored?.others ?? [];
    return stored?.version ?? null;
  });
  if (version === null) return null;
  for (const [index, { written }] of sidecars.entries()) written?.(versions[index] ?? null);
  return version;
}

/** Replaces an object only if it is still `current`, null for none. Null after a lost race. */
export function swap(
  store: ObjectStore,
  key: string,
  content: Content,
  current: Versioned | null,
): Promise<Version | null> {
  const { body, label, durability } = content;
  return confirmed(store, key, content, () =>
    store.put(key, body, preconditionOf(current), label, durability),
  );
}

async function confirmed(
  store: ObjectStore,
  key: string,
  { body, label, durability }: Content,
  put: () => Promise<Version | null>,
): Promise<Version | null> {
  try {
    return await put();
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

function jointWrite(sidecar: Sidecar): JointWrite {
  if (sidecar.kind === 'delete') {
    const { current, ...deletion } = sidecar;
    const precondition = current === undefined ? UNCONDITIONAL : atVersion(current.version);
    return { ...deletion, precondition };
  }
  const { isNew, ...put } = sidecar;
  return { ...put, precondition: isNew ? ABSENT : UNCONDITIONAL };
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
