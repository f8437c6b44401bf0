import { sameDigest } from '../base/digest.ts';
import { safeName } from '../keys/job-id.ts';
import { type Access, type AccessEntry, ENTRY_FORM, NAME_FORM, readEntry } from './access-entry.ts';

export interface AccessList {
  /** What the token of this digest opens, null for one that is not known. It may have expired. */
  find(sha256: string): Access | null;
  readonly size: number;
}

export type ReadAccessList =
  | { readonly ok: true; readonly list: AccessList }
  | { readonly ok: false; readonly reason: string };

/** An entry with its place in the configuration, from 1 on. */
interface PlacedEntry extends AccessEntry {
  readonly place: number;
}

/**
 * `<sha256>:<scope>[;name=<name>][;expires=<date>][:<prefix>]`, one or several, separated by commas or
 * line breaks. To change a token both stand there for a while, each under a name of its own. Refused are
 * names that two tokens have, and prefixes of different jobs that could have the same file names.
 */
export function readAccessList(text: string): ReadAccessList {
  const lines = text
    .split(/[,\n]/)
    .map(line => line.trim())
    .filter(line => line !== '');
  const entries: PlacedEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const entry = readEntry(line);
    // The line itself may be a token that was put here by mistake, and is not repeated.
    if (entry === null)
      return refuse(`Entry ${index + 1} is not ${ENTRY_FORM}; a name is ${NAME_FORM}`);
    entries.push({ ...entry, place: index + 1 });
  }
  const fault = sharedName(entries) ?? overlappingPrefixes(entries);
  return fault === null ? { ok: true, list: accessListOf(entries) } : refuse(fault);
}

function refuse(reason: string): ReadAccessList {
  return { ok: false, reason };
}

function sharedName(entries: readonly PlacedEntry[]): string | null {
  const known = new Map<string, PlacedEntry>();
  for (const entry of entries.filter(({ isNamed }) => isNamed)) {
    const other = known.get(entry.name);
    if (other !== undefined) {
      return `Entries ${other.place} and ${entry.place} have one name, "${entry.name}": the log could not tell them apart`;
    }
    known.set(entry.name, entry);
  }
  return null;
}

function overlappingPrefixes(entries: readonly PlacedEntry[]): string | null {
  const overlap = findOverlap(entries);
  if (overlap === null) return null;
  const [left, right] = overlap.map(described);
  return `The prefixes of ${left} and ${right} open different jobs that could have the same file names: in a file name every character but letters, digits, - and _ is _`;
}

function described({ place, name, isNamed, prefix }: PlacedEntry): string {
  return `entry ${place} (${isNamed ? `"${name}", ` : ''}prefix ${JSON.stringify(prefix)})`;
}

function accessListOf(entries: readonly AccessEntry[]): AccessList {
  return {
    size: entries.length,
    find(sha256) {
      let found: Access | null = null;
      // All of them are looked at, whichever it is.
      for (const entry of entries) if (sameDigest(sha256, entry.sha256)) found = entry;
      return found;
    },
  };
}

/** An entry by the prefix of its job ids. */
interface Prefixed {
  readonly prefix: string;
}

interface Named<T> {
  readonly entry: T;
  readonly safe: string;
}

/**
 * Two prefixes of different jobs whose file names are the same: `a/` and `a_` are both `a_`, and `b/` is
 * in `b_1`. By such prefixes one tenant could take the names of another's jobs, and write over files of
 * theirs that cannot be read. Null where there are none.
 *
 * The same prefix twice is one tenant. Where one prefix begins with the other as it is written, as
 * `team` and `team-a` do, the shorter one opens the jobs of the longer one anyway: that is no collision.
 */
export function findOverlap<T extends Prefixed>(entries: readonly T[]): readonly [T, T] | null {
  const named = entries.map(entry => ({ entry, safe: safeName(entry.prefix) })).toSorted(bySafe);
  // Those whose safe names the current one begins with: in order, all others are behind it or before them.
  const open: Named<T>[] = [];
  for (const current of named) {
    while (open.length > 0 && !current.safe.startsWith(open.at(-1)?.safe ?? '')) open.pop();
    const other = open.find(({ entry }) => !isNested(entry, current.entry));
    if (other !== undefined) return [other.entry, current.entry];
    // Of equal prefixes one stands for all.
    if (open.at(-1)?.entry.prefix !== current.entry.prefix) open.push(current);
  }
  return null;
}

function bySafe(left: { readonly safe: string }, right: { readonly safe: string }): number {
  if (left.safe === right.safe) return 0;
  return left.safe < right.safe ? -1 : 1;
}

function isNested(left: Prefixed, right: Prefixed): boolean {
  return left.prefix.startsWith(right.prefix) || right.prefix.startsWith(left.prefix);
}
