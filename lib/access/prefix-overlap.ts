import { safeName } from '../job-id.ts';

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
