import type { Place, Version } from '../../store.ts';
import type { ListedEntry } from './listed-table.ts';

/** What keys and labels mean to a shard. It knows neither jobs nor leases. All functions are pure. */
export interface ShardLayout {
  /** The folder of the objects that are in another medium, and in the catalogue here. Null where there is none. */
  readonly listed: string | null;
  /** The place of a label of such an object. Null for a label without one. */
  readonly placeOf: (label: string) => Place | null;
  /** The fields of places by which pages may be asked for, at most two. */
  readonly fields: readonly string[];
  /** The folder whose keys have tags, and the tag of a key; empty for one that has none. Null where no key has one. */
  readonly tagged: { readonly folder: string; readonly tagOf: (key: string) => string } | null;
  /** Whether an object changes so often that it stays in memory, and is stored in the journal alone. */
  readonly isResident: (key: string) => boolean;
  /** Whether a key of the listed folder belongs to this shard. */
  readonly owns: (key: string) => boolean;
}

/** The tag of a key as it is stored. Null where its folder has none. */
export function tagIn({ tagged }: ShardLayout, key: string): string | null {
  return tagged !== null && key.startsWith(`${tagged.folder}/`) ? tagged.tagOf(key) : null;
}

/** Whether an entry of the catalogue says this, and is at the place that its label has. */
export function isAsFound(
  { placeOf }: ShardLayout,
  known: ListedEntry,
  found: { readonly version: Version | null; readonly label: string | null | undefined },
): boolean {
  const { version, label, order, group } = known;
  if (version !== found.version || (found.label !== undefined && label !== found.label))
    return false;
  const place = label === null ? null : placeOf(label);
  return order === (place?.order ?? null) && group === (place?.group ?? null);
}

export function isListed({ listed }: ShardLayout, key: string): boolean {
  return listed !== null && key.startsWith(`${listed}/`);
}

/** How much a shard has in memory and in its journal. */
export interface ShardLimits {
  /** For what has changed lately. Half of it is kept when it is full. */
  readonly hotBytes: number;
  /** For objects that change often. Beyond this they move to the table too. */
  readonly residentBytes: number;
  /** Records in the oldest rows are written again when there are more rows, */
  readonly journalRows: number;
  /** or when all rows have twice as many bytes as their records need, and so many more. */
  readonly journalSpareBytes: number;
}

const MIB = 1024 * 1024;

export const SHARD_LIMITS: ShardLimits = {
  hotBytes: 6 * MIB,
  residentBytes: 40 * MIB,
  journalRows: 512,
  journalSpareBytes: 4 * MIB,
};
