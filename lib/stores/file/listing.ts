import type { StoredEntry } from '../../store.ts';
import { hasCode, withStoreError } from './errno.ts';
import type { Home } from './home.ts';
import type { Layout } from './layout.ts';
import { entriesOf, type FileStats, statsOf, versionOf } from './stat.ts';
import { nextTurn } from './watch.ts';

const NAMES_PER_TURN = 256;

/** The files of a prefix in the order of their names, from after the key `after` on. */
export async function* listFiles(
  { layout, home }: { readonly layout: Layout; readonly home: Home },
  { prefix, after = '' }: { readonly prefix: string; readonly after?: string | undefined },
): AsyncGenerator<StoredEntry> {
  const files = layout.filesOf(prefix);
  const entries = await withStoreError(
    () => `list "${files.folder}"`,
    () => entriesOf(files.folder),
  );
  // Checked after the read: a directory that is lost meanwhile must not read as an empty one.
  home.require();
  const wanted = entries
    .filter(entry => files.has(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
    .map(entry => entry.name)
    .filter(name => files.keyOf(name) > after)
    // Without a comparator the engine compares texts itself, which is four times as fast.
    .toSorted();
  let names = 0;
  for (const name of wanted) {
    const path = `${files.folder}/${name}`;
    const stats = await withStoreError(
      () => `list "${path}"`,
      async () => stampOrLoop(path),
    );
    if (stats?.isFile() === true) {
      yield { key: files.keyOf(name), version: versionOf(stats), label: null };
    }
    names += 1;
    if (names % NAMES_PER_TURN === 0) await nextTurn();
  }
}

function stampOrLoop(path: string): FileStats | null {
  try {
    return statsOf(path);
  } catch (error) {
    // A link to itself names no file, and must not hide the other files.
    if (hasCode(error, 'ELOOP')) return null;
    throw error;
  }
}
