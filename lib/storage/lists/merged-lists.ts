import { type PlacedEntry, placedOrder } from '../../store.ts';

/** The entries of several ordered lists as one. */
export async function* merged(
  lists: readonly AsyncGenerator<PlacedEntry>[],
  descending: boolean,
): AsyncGenerator<PlacedEntry> {
  const compare = placedOrder(descending);
  const heads = await Promise.all(lists.map(async list => ({ list, next: await list.next() })));
  for (;;) {
    let first: { entry: PlacedEntry; head: (typeof heads)[number] } | null = null;
    for (const head of heads) {
      if (head.next.done === true) continue;
      const entry = head.next.value;
      if (first === null || compare(entry, first.entry) < 0) first = { entry, head };
    }
    if (first === null) return;
    yield first.entry;
    first.head.next = await first.head.list.next();
  }
}
