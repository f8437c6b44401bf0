/**
 * The store contract: named bodies with versions. A store handles bytes and does not know jobs.
 * Each medium has one driver. One conformance suite tests every driver.
 */

declare const versionBrand: unique symbol;

/**
 * Identifies one content of one key. Opaque: only stores mint versions, and other code only compares them for
 * equality. A version is visible ASCII without quotes or backslashes, so that it fits into an ETag.
 */
export type Version = string & { readonly [versionBrand]: true };

/** Bytes that a response can send without a copy. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Bytes to store: one array, or parts that follow each other. A driver joins them where its medium takes only one array.
 * They must not change before the put is over.
 */
export type Body = Uint8Array | readonly Uint8Array[];

export interface StoredObject {
  readonly body: Bytes;
  readonly version: Version;
  /** The label of the object, or null. Left out where the medium does not read it with the body. */
  readonly label?: string | null;
}

export interface StoredEntry {
  readonly key: string;
  readonly version: Version;
  /** The label of the object. Null if it has none, or if the medium does not store labels. */
  readonly label: string | null;
}

/** The condition on the stored object under which a write happens. */
export type Precondition =
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'version'; readonly version: Version };

export const UNCONDITIONAL: Precondition = { kind: 'none' };
export const ABSENT: Precondition = { kind: 'absent' };

export function atVersion(version: Version): Precondition {
  return { kind: 'version', version };
}

/** Whether the precondition allows a write over an object with this version, or over nothing. */
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

/**
 * The version that a write had to replace, as a text to keep beside the object: `(nothing)` where nothing was to be stored, which is
 * no version, and null where there was no condition.
 */
export function replacedVersion(precondition: Precondition): string | null {
  switch (precondition.kind) {
    case 'none':
      return null;
    case 'absent':
      return '(nothing)';
    case 'version':
      return precondition.version;
    default:
      return precondition satisfies never;
  }
}

/**
 * How much of a write a crash of the machine may take away after it was acknowledged.
 * - `durable`: nothing.
 * - `ordered`: everything, together with what the write replaced, which may also be left torn. It is acknowledged as
 *   soon as it is visible. It survives if a durable write does that the same process began later.
 * - `lazy`: the last seconds of such writes. A store that may have lost some says when that was; most treat it as `durable`.
 *
 * Only for objects without which every acknowledged promise still holds. A crash of the process takes nothing away, except
 * where the process is the medium.
 */
export type Durability = 'durable' | 'ordered' | 'lazy';

/** What a medium can do. The conformance suite tests each trait, both true and false. */
export interface StoreTraits {
  readonly name: string;
  /** Of several concurrent conditional writes exactly one succeeds. */
  readonly compareAndSwap: boolean;
  /** Other processes see the same objects. Compare-and-swap, if supported, works across processes too. */
  readonly sharedBetweenProcesses: boolean;
  /** An acknowledged write survives a crash of the machine. */
  readonly durable: boolean;
  /** Reads, lists and followers see every write that was acknowledged before the call. */
  readonly readAfterWrite: boolean;
  /** Two writes of a key never have the same version, not even with the same bytes. */
  readonly distinctVersions: boolean;
  /** A conditional delete is one atomic step. Otherwise it is a read and then a deletion. */
  readonly conditionalDelete: boolean;
  /** `list()` and followers return labels. */
  readonly labels: boolean;
}

/** One step of a follower: an object that was created, changed or removed. */
export type Change =
  | { readonly kind: 'stored'; readonly key: string; readonly object: StoredObject }
  /** As `stored`, where the medium knows the label of the object. `get` returns the body. */
  | {
      readonly kind: 'labelled';
      readonly key: string;
      readonly version: Version;
      readonly label: string;
    }
  | { readonly kind: 'unreadable'; readonly key: string; readonly reason: string }
  | { readonly kind: 'removed'; readonly key: string };

/** Remembers what it has reported, so that a caller can update an index without reading everything again. */
export interface Follower {
  /**
   * The changes since the previous call. The first call returns all objects. The answer includes every write
   * of every process before the call. Only one poll may run at a time.
   */
  poll(): AsyncIterable<Change>;
  /**
   * Offers a label for the object that the last `stored` change of this key had. A medium without labels may remember it, also
   * beyond the end of the process, and report the object as `labelled` to a later follower, while its content is the
   * same. It asks for the text only then. All others ignore it.
   */
  offerLabel(key: string, makeLabel: () => string | null): void;
}

/** For media that have labels of their own, or that remember none. */
export function ignoreLabel(): void {}

/** One step of a follower of names: an object that was created or removed. */
export interface NameChange {
  readonly kind: 'named' | 'removed';
  readonly key: string;
}

/** Like a `Follower`, but only of which objects exist. It reads no bodies, and reports no changes of an object. */
export interface NameFollower {
  /** As `Follower.poll()`. */
  poll(): AsyncIterable<NameChange>;
  /** The caller knows that the object was removed. If it exists nevertheless, or again, the next poll reports it. */
  forget(key: string): void;
}

/** Where an object is in ordered lists. A label says it. */
export interface Place {
  /** Of ASCII letters and digits; all places have the same length. */
  readonly order: string;
  /** The list that has this object, besides the one with all. */
  readonly group: string;
  /** What pages may be asked for besides, by the name of the field. A field that is left out is not known. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** The object behind which a page begins. It need not exist. */
export interface PlaceBound {
  /** Null: among the objects without a place. */
  readonly order: string | null;
  readonly key: string;
}

export interface FieldQuery {
  readonly name: string;
  /** Null: any but the empty one. */
  readonly value: string | null;
}

export interface PageQuery {
  /** Null for all objects. */
  readonly group: string | null;
  /**
   * Only objects with this value in this field, and those of which it is not known. A store may return others too: the
   * caller compares. Null or left out for all.
   */
  readonly field?: FieldQuery | null;
  /** Only objects whose names in the folder begin with this. A store may return others too: the caller compares. Empty or left out for all. */
  readonly prefix?: string;
  /** Only objects behind this one, in the direction of the list. Null: from the beginning. */
  readonly after: PlaceBound | null;
  /** Only objects with an order before this, and none without a place. Null: no limit. */
  readonly before: string | null;
  readonly descending: boolean;
  readonly limit: number;
}

/** An object in an ordered list. Those that have no place come first, in either direction, in the list of all. */
export interface PlacedEntry {
  readonly key: string;
  /** Null where the object has no place. */
  readonly order: string | null;
  readonly version: Version;
  readonly label: string | null;
}

/**
 * The order of a list by place, to merge several. `compareKeys` is the order in which the medium has keys; that of texts if it is
 * left out.
 */
export function placedOrder(
  descending: boolean,
  compareKeys: (left: string, right: string) => number = compareTexts,
): (left: PlaceBound, right: PlaceBound) => number {
  return (left, right) => {
    if (left.order !== right.order) {
      if (left.order === null) return -1;
      if (right.order === null) return 1;
      return left.order < right.order === descending ? 1 : -1;
    }
    const byKey = compareKeys(left.key, right.key);
    return descending ? byKey : -byKey;
  };
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/**
 * Lists by place, which cost what they return. Each object is written with its place in one step. Objects of one order
 * ascend by key where the list descends.
 */
export interface OrderedLists {
  /** The folders with such lists. */
  readonly folders: readonly string[];
  /** Whether the lists of the folder have every object. False until `complete` was called once for these objects. */
  isComplete(folder: string): Promise<boolean>;
  /** Fewer than `limit` entries: there are no more. */
  page(folder: string, query: PageQuery): Promise<readonly PlacedEntry[]>;
  /**
   * Adds the objects that a version without these lists wrote, and removes the entries of objects that it changed or
   * deleted. Returns how many it corrected; null if that was done after `olderThan`, in milliseconds since 1970.
   */
  complete(folder: string, olderThan: number): Promise<number | null>;
  /** How many objects of the folder each group has. Null where that would read them all. */
  readonly countGroups: ((folder: string) => Promise<GroupCounts>) | null;
  /**
   * As `countGroups`, of the objects alone that have a value in this field, or of which it is not known. Those without a place are in
   * no group. Left out where that would read them all.
   */
  readonly countField?: (folder: string, field: string) => Promise<ReadonlyMap<string, number>>;
  /**
   * How many objects with a place the query has. Null where only a look at each tells it: values are cut, or not known of some. Left out
   * where that would read them all.
   */
  readonly count?: (folder: string, query: CountQuery) => Promise<number | null>;
}

/** What is counted: as a page of all. Objects whose values differ only by NUL characters may count as equal. */
export type CountQuery = Pick<PageQuery, 'group' | 'field' | 'before' | 'prefix'>;

export interface GroupCounts {
  readonly groups: ReadonlyMap<string, number>;
  /** The objects without a place. */
  readonly unplaced: number;
}

/**
 * The limit of a label in bytes of UTF-8: the smallest limit of the media, minus what the driver needs. A
 * medium that counts labels as JSON may drop a label with very many characters that JSON escapes.
 */
export const MAX_LABEL_BYTES = 900;

/** A put that happens in one step with other writes. */
export interface JointPut {
  readonly kind: 'put';
  readonly key: string;
  readonly body: Body;
  readonly precondition: Precondition;
  readonly label?: string | undefined;
}

export interface JointDeletion {
  readonly kind: 'delete';
  readonly key: string;
  readonly precondition: Precondition;
  /** A visible ASCII text that `receiptsOf` returns for some time, if the object was there. */
  readonly receipt?: string;
}

export type JointWrite = JointPut | JointDeletion;

/** What writes of one step have stored. */
export interface JointVersions {
  readonly version: Version;
  /** Of each of the others, in their order: null of a deletion. */
  readonly others: readonly (Version | null)[];
}

/**
 * A key is `folder/name`, two legal file names. The caller guarantees that. A prefix is `folder/` or
 * `folder/` and the start of a name.
 * Every method rejects with a `StoreError` if the medium fails.
 */
export interface ObjectStore {
  readonly traits: StoreTraits;
  /** The body and its version, read at one moment, or null if nothing is stored. */
  get(key: string): Promise<StoredObject | null>;
  /** Only the version: the cheapest way to check whether a known body is still the stored one. */
  head(key: string): Promise<Version | null>;
  /**
   * Stores the whole body or nothing. Returns the new version, or null if the precondition failed. Null
   * guarantees that nothing was written. A driver that retries after a lost answer must find out whether its
   * first attempt was carried out, or reject. Equal bytes do not prove it, because another writer may have
   * written the same bytes.
   * A label is a text of at most `MAX_LABEL_BYTES`. It is stored with the body if the medium stores labels.
   * The default is `durable`. A medium where both cost the same ignores the durability.
   */
  put(
    key: string,
    body: Body,
    precondition: Precondition,
    label?: string,
    durability?: Durability,
  ): Promise<Version | null>;
  /**
   * True if nothing is stored under the key any more. False if the precondition failed: an expected version
   * also fails if nothing is stored. An `ordered` deletion may be undone by a crash of the machine.
   */
  delete(key: string, precondition: Precondition, durability?: Durability): Promise<boolean>;
  /**
   * Every key with the prefix, in ascending order. With `after`, a key with that prefix that need not exist,
   * only the later keys. ASCII keys ascend in text order. The driver pages internally and has no limit. A
   * caller that does not want labels may get none, and some media then return longer pages. With a tag, a caller wants
   * only keys that have this tag or none, and may get others: a store that knows the tags of its keys skips them.
   */
  list(
    prefix: string,
    after?: string,
    wants?: { readonly labels: boolean; readonly tag?: string | null },
  ): AsyncIterable<StoredEntry>;
  /** How many keys have the prefix. Left out where that costs as much as a list of them. */
  readonly countKeys?: (prefix: string) => Promise<number>;
  follow(prefix: string): Follower;
  /**
   * True where a refused write costs no more than a read of the version. Then a caller that knows an object tries to replace it
   * without a look whether it is still so.
   */
  readonly refusesCheaply?: boolean;
  /**
   * As a durable `put`, and in the same step others of other keys: all happen, or none. Null where the precondition of any of them
   * refused, or where a store that compares parts of keys has another object with that part of a new one's key. A precondition of the
   * others that asks for an absent object is one that is expected to hold: refusals of it may be slow. Left out where the medium has no
   * such step.
   */
  readonly putWith?: (
    key: string,
    put: Omit<JointPut, 'kind' | 'key'>,
    others: readonly JointWrite[],
  ) => Promise<JointVersions | null>;
  /** The receipts of deletions of this key by `putWith` in the last two minutes at least. Left out with `putWith`. */
  readonly receiptsOf?: (key: string) => Promise<readonly string[]>;
  /** Null where the medium has no lists by place. */
  readonly ordered: OrderedLists | null;
  /**
   * What has to keep by itself what the store promises: each medium of a store that has several, or all endpoints of one bucket.
   * Left out where the keys of the store say it all.
   */
  readonly media?: readonly StoreMedium[];
  /**
   * What the server of the store says of itself, as far as the promises of the store depend on it. Left out where there is none to ask.
   */
  readonly inspect?: () => Promise<readonly Finding[]>;
  /** Cheap on a store without labels. A store with labels lists at every poll. */
  followNames(prefix: string): NameFollower;
  /** The place where an operator finds the object on this medium: a path or a bucket key. */
  locate(key: string): string;
  /** Frees handles. The store must not be used afterwards. */
  close(): Promise<void>;
}

/** Something that the server of a store says, and whether that is as it should be. Nothing secret. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** One of the media of a store, or one with all its endpoints. */
export interface StoreMedium {
  readonly name: string;
  readonly store: Pick<ObjectStore, 'get' | 'put' | 'delete'>;
  /** Whether operations that are asked for in one turn are one call, and happen in their order. */
  readonly isOneCall: boolean;
  /** A key of this medium that begins with this one. */
  keyFrom(key: string): string;
  /** How many writers the examination sends at one moment; two if it is left out. */
  readonly racers?: number;
  /** Of how many keys they race, at the same time; one if it is left out. */
  readonly races?: number;
}

/** The medium failed. It is unknown whether the operation happened, unless the message says so. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
