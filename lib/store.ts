/**
 * The store contract: named bodies with versions. A store moves bytes and knows no jobs.
 * One driver per medium implements it; one conformance suite holds every driver to it.
 */

declare const versionBrand: unique symbol;

/**
 * Names one content of one key. Opaque: minted by stores alone, compared for equality alone, and
 * made of visible ASCII without quotes or backslashes, so that it can stand in an ETag.
 */
export type Version = string & { readonly [versionBrand]: true };

/** Bytes that a response can send as they are. */
export type Bytes = Uint8Array<ArrayBuffer>;

export interface StoredObject {
  readonly body: Bytes;
  readonly version: Version;
}

export interface StoredEntry {
  readonly key: string;
  readonly version: Version;
  /** What the object was labelled with, null where it was not or the medium keeps no labels. */
  readonly label: string | null;
}

/** What must hold of the stored object for a write to happen. */
export type Precondition =
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'version'; readonly version: Version };

export const UNCONDITIONAL: Precondition = { kind: 'none' };
export const ABSENT: Precondition = { kind: 'absent' };

export function atVersion(version: Version): Precondition {
  return { kind: 'version', version };
}

/** Whether a write may happen upon what is stored at this version, or upon nothing. */
export function allows(precondition: Precondition, stored: Version | null): boolean {
  switch (precondition.kind) {
    case 'none':
      return true;
    case 'absent':
      return stored === null;
    case 'version':
      return stored === precondition.version;
    default:
      return precondition satisfies never;
  }
}

/** What a medium can do. The conformance suite tests each answer, the yes and the no. */
export interface StoreTraits {
  readonly name: string;
  /** A conditional write has exactly one winner among racers. */
  readonly compareAndSwap: boolean;
  /** Other processes see the same objects; where there is compare-and-swap it holds among them too. */
  readonly sharedBetweenProcesses: boolean;
  /** A write that was acknowledged survives a crash of the machine. */
  readonly durable: boolean;
  /** A read, a list and a follower see what was acknowledged before they were asked. */
  readonly readAfterWrite: boolean;
  /** No two writes of a key have one version, not even of the same bytes. */
  readonly distinctVersions: boolean;
  /** A conditional delete is one step; else it is a look and then a deletion. */
  readonly conditionalDelete: boolean;
  /** Labels come back with `list()` and from followers. */
  readonly labels: boolean;
}

/** One step of a follower: an object that is new or changed, or one that is gone. */
export type Change =
  | { readonly kind: 'stored'; readonly key: string; readonly object: StoredObject }
  /** As `stored`, from a medium whose lists give labels: the body is there for `get`. */
  | {
      readonly kind: 'labelled';
      readonly key: string;
      readonly version: Version;
      readonly label: string;
    }
  | { readonly kind: 'unreadable'; readonly key: string; readonly reason: string }
  | { readonly kind: 'removed'; readonly key: string };

/** Remembers what it has told, so that a caller can keep an index without reading it all again. */
export interface Follower {
  /**
   * What changed since the call before; at first, everything there is. Whatever had been written,
   * by whichever process, when `poll` was called is in its answer. One poll at a time.
   */
  poll(): AsyncIterable<Change>;
}

/**
 * Of UTF-8: what the smallest of the media takes, less what it needs itself. One that counts labels as
 * JSON may leave out a label that is full of characters which JSON escapes.
 */
export const MAX_LABEL_BYTES = 900;

/**
 * A key is `folder/name`, two legal file names; the caller sees to that. A prefix is `folder/`, or that
 * and the start of a name.
 * Every method rejects with a `StoreError` when the medium fails.
 */
export interface ObjectStore {
  readonly traits: StoreTraits;
  /** The body with the version it had at one moment, or null when nothing is stored. */
  get(key: string): Promise<StoredObject | null>;
  /** The version alone: the cheapest way to learn whether a known body is still the stored one. */
  head(key: string): Promise<Version | null>;
  /**
   * Stores the whole body or nothing. The new version, or null when the precondition refused: for
   * certain, and without having written. A driver that tries again after a lost answer finds out
   * itself whether its first try was carried out, or rejects; equal bytes do not tell, for rivals may write
   * them.
   * A label is a text of at most `MAX_LABEL_BYTES` that goes with the body, where the medium keeps labels.
   */
  put(
    key: string,
    body: Uint8Array,
    precondition: Precondition,
    label?: string,
  ): Promise<Version | null>;
  /**
   * True when nothing is stored under the key any more; false when the precondition refused: to expect a
   * version of what is not there is refused as well.
   */
  delete(key: string, precondition: Precondition): Promise<boolean>;
  /**
   * Every key that begins with the prefix, ascending; with `after`, a key of that prefix stored or not,
   * those behind it. Keys of ASCII ascend as their text does. Pages inside; has no limit of its own. Who does
   * not want labels may get none, and on some media longer pages for it.
   */
  list(
    prefix: string,
    after?: string,
    wants?: { readonly labels: boolean },
  ): AsyncIterable<StoredEntry>;
  follow(prefix: string): Follower;
  /** Where an operator finds the object on this medium: a path, a bucket key. */
  locate(key: string): string;
  /** Frees handles. The store is not used afterwards. */
  close(): Promise<void>;
}

/** The medium failed: nothing is known about whether the operation happened, unless it says so. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
