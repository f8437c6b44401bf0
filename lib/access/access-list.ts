import { sameDigest } from '../base/digest.ts';
import { safeName } from '../keys/job-id.ts';
import { type Access, type AccessEntry, ENTRY_FORM, NAME_FORM, readEntry } from './access-entry.ts';

export interface AccessList {
  /** The access of the token with this digest, or null if it is unknown. The access may be expired. */
  find(sha256: string): Access | null;
  readonly size: number;
}

export type ReadAccessList =
  | { readonly ok: true; readonly list: AccessList }
  | { readonly ok: false; readonly reason: string };

/** An entry with its position in the configuration, starting at 1. */
interface PlacedEntry extends AccessEntry {
  readonly place: number;
}

/**
 * Reads entries `<sha256>:<scope>[;name=<name>][;expires=<date>][:<prefix>]`, separated by commas or line
 * breaks. To rotate a token, list the old and the new one for a while, under different names. Duplicate
 * names are refused, and so are prefixes of different jobs that could have the same file names.
 */
export function readAccessList(text: string): ReadAccessList {
  const lines = text
    .split(/[,\n]/)
    .map(line => line.trim())
    .filter(line => line !== '');
  const entries: PlacedEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const entry = readEntry(line);
    // The message does not repeat the line, which may be a token entered by mistake.
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
      return `Entries ${other.place} and ${entry.place} have the same name, "${entry.name}": the log could not distinguish them`;
    }
    known.set(entry.name, entry);
  }
  return null;
}

function overlappingPrefixes(entries: readonly PlacedEntry[]): string | null {
  const overlap = findOverlap(entries);
  if (overlap === null) return null;
  const [left, right] = overlap.map(described);
  return `The prefixes of ${left} and ${right} give access to different jobs that could have the same file names: in a file name every character except letters, digits, - and _ is replaced by _`;
}

function described({ place, name, isNamed, prefix }: PlacedEntry): string {
  return `entry ${place} (${isNamed ? `"${name}", ` : ''}prefix ${JSON.stringify(prefix)})`;
}

function accessListOf(entries: readonly AccessEntry[]): AccessList {
  return {
    size: entries.length,
    find(sha256) {
      let found: Access | null = null;
      // Compares every entry, so the duration does not depend on the position of the match.
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
 * Finds two prefixes of different jobs with the same file names: `a/` and `a_` both become `a_`, and the file
 * names of `b_1` start with those of `b/`. With such prefixes one tenant could use the names of the jobs of
 * another tenant, and overwrite their unreadable files. Null if there are none.
 *
 * The same prefix twice is one tenant. If one prefix starts with the other as written, as `team-a` does with
 * `team`, the shorter one gives access to the jobs of the longer one anyway. That is not a collision.
 */
function findOverlap<T extends Prefixed>(entries: readonly T[]): readonly [T, T] | null {
  const named = entries.map(entry => ({ entry, safe: safeName(entry.prefix) })).toSorted(bySafe);
  // The prefixes whose safe names the current safe name starts with. The sort order makes this a stack.
  const open: Named<T>[] = [];
  for (const current of named) {
    while (open.length > 0 && !current.safe.startsWith(open.at(-1)?.safe ?? '')) open.pop();
    const other = open.find(({ entry }) => !isNested(entry, current.entry));
    if (other !== undefined) return [other.entry, current.entry];
    // Equal prefixes are stored once.
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
