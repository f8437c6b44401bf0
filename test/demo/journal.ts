/** Something that happened, and when, in milliseconds since the demo began. */
export interface Entry<T> {
  readonly atMs: number;
  readonly what: T;
}

/** All that happened, in order, and what is waited for. */
export interface Journal<T> {
  readonly entries: readonly Entry<T>[];
  add(what: T): void;
  /** The first entry that matches, written already or yet to come. */
  first<Match extends T>(matches: (what: T) => what is Match): Promise<Entry<Match>>;
  /** The first that matches of those that are yet to come. */
  next<Match extends T>(matches: (what: T) => what is Match): Promise<Entry<Match>>;
}

export function createJournal<T>(elapsedMs: () => number): Journal<T> {
  const entries: Entry<T>[] = [];
  const readers = new Set<(entry: Entry<T>) => void>();

  function next<Match extends T>(matches: (what: T) => what is Match): Promise<Entry<Match>> {
    const { promise, resolve } = Promise.withResolvers<Entry<Match>>();
    const read = ({ atMs, what }: Entry<T>): void => {
      if (!matches(what)) return;
      readers.delete(read);
      resolve({ atMs, what });
    };
    readers.add(read);
    return promise;
  }

  return {
    entries,
    add(what) {
      const entry = { atMs: elapsedMs(), what };
      entries.push(entry);
      for (const read of readers) read(entry);
    },
    async first(matches) {
      for (const { atMs, what } of entries) if (matches(what)) return { atMs, what };
      return next(matches);
    },
    next,
  };
}
