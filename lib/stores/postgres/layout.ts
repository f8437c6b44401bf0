import type { Place } from '../../store.ts';

/** What keys and labels mean to the store. It knows neither jobs nor leases. All functions are pure. */
export interface PostgresLayout {
  /** The folder whose objects have places. Null where there is none. */
  readonly listed: string | null;
  /** The place of a label of such an object. Null for a label without one. */
  readonly placeOf: (label: string) => Place | null;
  /** The fields of places by which pages may be asked for, at most two. */
  readonly fields: readonly string[];
  /** The folder whose keys have tags, and the tag of a key; empty for one that has none. Null where no key has one. */
  readonly tagged: { readonly folder: string; readonly tagOf: (key: string) => string } | null;
  /** Whether objects with this key or prefix are small and change often. */
  readonly isResident: (key: string) => boolean;
  /**
   * Of resident objects whose keys have the same last characters, so many, only one can be there: a creation of another is refused, as if
   * the precondition had refused it. Left out where whole keys say it.
   */
  readonly soleEnd?: number;
}

/** Nothing has a place or a tag. */
export const PLAIN_LAYOUT: PostgresLayout = {
  listed: null,
  placeOf: () => null,
  fields: [],
  tagged: null,
  isResident: () => false,
};
