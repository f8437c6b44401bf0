/** One sorted list that comes in pages. `more` gets the next entries; none at the end. */
export interface Source<Entry> {
  readonly more: () => Promise<readonly Entry[]>;
}

interface Head<Entry> {
  readonly source: Source<Entry>;
  entries: readonly Entry[];
  at: number;
  isEnd: boolean;
}

/** The entries of sorted lists as one. The first pages of all are asked for at once, later ones when they are needed. */
export async function* merged<Entry>(
  sources: readonly Source<Entry>[],
  compare: (left: Entry, right: Entry) => number,
): AsyncGenerator<Entry> {
  const heads: Head<Entry>[] = sources.map(source => ({
    source,
    entries: [],
    at: 0,
    isEnd: false,
  }));

  async function fill(head: Head<Entry>): Promise<void> {
    if (head.isEnd || head.at < head.entries.length) return;
    head.entries = await head.source.more();
    head.at = 0;
    head.isEnd = head.entries.length === 0;
  }

  await Promise.all(heads.map(fill));
  for (;;) {
    let first: { readonly entry: Entry; readonly head: Head<Entry> } | null = null;
    for (const head of heads) {
      const entry = head.entries[head.at];
      if (entry === undefined) continue;
      if (first === null || compare(entry, first.entry) < 0) first = { entry, head };
    }
    if (first === null) return;
    first.head.at += 1;
    yield first.entry;
    await fill(first.head);
  }
}
