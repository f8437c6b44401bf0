import type {
  Durability,
  PageQuery,
  PlacedEntry,
  Precondition,
  StoredEntry,
  StoredObject,
  Version,
} from '../store.ts';

/**
 * One shard of a store of two media. It holds objects, and a catalogue of objects that are in another medium, the bodies
 * (`jobs/` in R2). Arguments and answers are plain data, so that a remote call can carry them.
 *
 * Every method may reject: the shard is overloaded, unreachable, or was evicted before it answered. It is then unknown
 * whether the call happened. All may be repeated.
 */
export interface ShardPort {
  /**
   * Runs the steps in their order, with nothing between them. The outcomes are in the order of the steps. What must be durable is
   * when this answers. Rejects if the shard cannot write; then no step that was to be durable counts as done.
   */
  apply(steps: readonly ShardStep[]): Promise<Dated<readonly StepOutcome[]>>;
  /** A page of the keys of objects that the shard holds, in ascending order of UTF-8. */
  list(query: ShardListQuery): Promise<Dated<ShardList>>;
  /** A page of the catalogue. Verifies first what is unsettled. */
  page(folder: string, query: PageQuery): Promise<ShardPage>;
  /** How many entries of the catalogue each group has. Verifies first what is unsettled. */
  count(folder: string): Promise<ShardCounts>;
  /**
   * Compares a part of a list of the bodies with the catalogue, and corrects the catalogue. Entries of keys of other shards are
   * ignored. A part that begins before the first key and one that ends behind the last, with all between them in order, make
   * the catalogue complete.
   */
  compare(part: ComparedPart): Promise<ComparedAnswer>;
}

/** A step on one key. */
export type ShardStep =
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'head'; readonly key: string }
  | {
      readonly do: 'put';
      readonly key: string;
      readonly body: Uint8Array;
      readonly label: string | null;
      readonly precondition: Precondition;
      readonly durability: Durability;
      /** Of this put, and of no other. The caller mints it, so a repeated put finds out whether it has happened. */
      readonly version: Version;
      /** Whether an earlier try of the same put got no answer. */
      readonly isRepeated: boolean;
    }
  | {
      readonly do: 'delete';
      readonly key: string;
      readonly precondition: Precondition;
      readonly durability: Durability;
      readonly isRepeated: boolean;
    }
  /**
   * Before a write of a body: from now on the entry of the key is unsettled. Durable when it is answered: a shard that forgets the
   * rest will look the body up. `id` names the write.
   */
  | { readonly do: 'announce'; readonly key: string; readonly id: string }
  /** After the write that this id announced. */
  | {
      readonly do: 'settle';
      readonly key: string;
      readonly id: string;
      readonly outcome: WriteOutcome;
    }
  /**
   * A read found this version, and this label if it says one, so many milliseconds ago. Where the catalogue has said something else
   * for longer, the body is looked up before the next page.
   */
  | {
      readonly do: 'doubt';
      readonly key: string;
      readonly found: Version | null;
      readonly label?: string | null;
      /** Left out: the read was after everything that the catalogue says. */
      readonly agoMs?: number;
    };

/** How the write of a body ended. */
export type WriteOutcome =
  | {
      readonly kind: 'stored';
      readonly version: Version;
      readonly label: string | null;
      /** The version that it replaced. Null where nothing was stored; undefined for an unconditional write. */
      readonly over: Version | null | undefined;
    }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'refused' }
  /** It failed, and it is unknown whether it happened. */
  | { readonly kind: 'unknown' };

/** In the order of the steps; `of` is the kind of the step. */
export type StepOutcome =
  | { readonly of: 'get'; readonly object: StoredObject | null }
  | { readonly of: 'head'; readonly version: Version | null }
  /** `unknown`: an earlier try had no answer, and nothing shows whether it happened. */
  | { readonly of: 'put'; readonly result: 'done' | 'refused' | 'unknown' }
  | { readonly of: 'delete'; readonly result: 'done' | 'refused' | 'unknown' }
  | { readonly of: 'announce' | 'settle' | 'doubt' };

/** An answer with what it says about leases. */
export interface Dated<T> {
  readonly value: T;
  /**
   * When the shard began after renewals in its memory may have been lost, in milliseconds since 1970: a lease may be older
   * than its holder knows. Null if none were.
   */
  readonly interruptedAtMs: number | null;
  /** Another text for each start of the shard: one that began again has lost what was not durable. Left out by an earlier version. */
  readonly instance?: string;
}

export interface ShardListQuery {
  readonly prefix: string;
  /** Only later keys. Empty: from the first. */
  readonly after: string;
  /** Only keys with this tag, and those that have none. Null: all. */
  readonly tag: string | null;
  readonly limit: number;
}

export interface ShardList {
  /** May be fewer than the limit, also none. */
  readonly entries: readonly StoredEntry[];
  /** The list continues behind this key. Null at its end. */
  readonly next: string | null;
}

export interface ShardPage {
  /** False for a shard that is new or lost its data, until a comparison was complete: entries may be missing. */
  readonly isComplete: boolean;
  /** Fewer than the limit: there are no more. */
  readonly entries: readonly PlacedEntry[];
}

export interface ShardCounts {
  readonly isComplete: boolean;
  readonly groups: readonly (readonly [group: string, count: number])[];
  /** Entries without a place. */
  readonly unplaced: number;
}

/** A part of a list of the bodies: all entries behind one key up to another. */
export interface ComparedPart {
  readonly folder: string;
  /** Null: from the first key on. */
  readonly after: string | null;
  /** The last key of the part. Null: to the end of the folder. */
  readonly upTo: string | null;
  readonly entries: readonly StoredEntry[];
  /**
   * The moment of the previous answer, which the caller had before it began to list this part. What was changed since is
   * looked up. Null where there is none: every difference is.
   */
  readonly moment: string | null;
}

export interface ComparedAnswer {
  readonly moment: string;
  /** How many entries were added, changed or removed. */
  readonly corrected: number;
  readonly isComplete: boolean;
}

/** An entry of the bodies, as a shard looks it up. Null if nothing is stored. */
export type LookUp = (key: string) => Promise<StoredEntry | null>;

/** Bytes of an object that a shard holds; larger ones are refused. */
export const MAX_SHARD_BODY_BYTES = 1_000_000;
