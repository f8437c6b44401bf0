import type { StoredEntry } from '../../store.ts';
import { hasCode, trying } from './errno.ts';
import type { Home } from './home.ts';
import type { Layout } from './layout.ts';
import { entriesOf, type Stamp, stampOf, versionOf } from './stat.ts';
import { nextTurn } from './watch.ts';

const NAMES_PER_TURN = 256;

/** The files of a prefix by name, from behind the key `after` on. */
export async function* listFiles(
  { layout, home }: { readonly layout: Layout; readonly home: Home },
  { prefix, after = '' }: { readonly prefix: string; readonly after?: string | undefined },
): AsyncGenerator<StoredEntry> {
  const shelf = layout.shelfOf(prefix);
  const entries = await trying(
    () => `list "${shelf.folder}"`,
    () => entriesOf(shelf.folder),
  );
  // Afterwards: a directory that is lost meanwhile must not read as an empty one.
  home.require();
  const wanted = entries
    .filter(entry => shelf.holds(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
    .map(entry => entry.name)
    .filter(name => shelf.keyOf(name) > after)
    // Without a comparator, for the engine then compares texts by itself, four times as fast.
    .toSorted();
  let names = 0;
  for (const name of wanted) {
    const path = `${shelf.folder}/${name}`;
    const stamp = await trying(
      () => `list "${path}"`,
      async () => stampOrLoop(path),
    );
    if (stamp?.isFile() === true) {
      yield { key: shelf.keyOf(name), version: versionOf(stamp), label: null };
    }
    names += 1;
    if (names % NAMES_PER_TURN === 0) await nextTurn();
  }
}

function stampOrLoop(path: string): Stamp | null {
  try {
    return stampOf(path);
  } catch (error) {
    // A link that leads to itself names no file, and must not hide those that are.
    if (hasCode(error, 'ELOOP')) return null;
    throw error;
  }
}
