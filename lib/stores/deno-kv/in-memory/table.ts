export interface Row {
  readonly value: unknown;
  readonly versionstamp: string;
  /** Milliseconds since 1970: from then on the row does not exist. Null: it never expires. */
  readonly expiresAt: number | null;
}

/** From `start` on (inclusive), up to `end` (exclusive). */
export interface Range {
  readonly start: string;
  readonly end: string;
}

export interface Slice extends Range {
  readonly most: number;
  readonly reverse: boolean;
}

export interface KeyedRow {
  readonly bytes: string;
  readonly row: Row;
}

/** Rows by the bytes of their keys, in the order of those bytes. */
export interface Table {
  get(bytes: string): Row | undefined;
  set(bytes: string, row: Row): void;
  delete(bytes: string): void;
  /** The first rows of the range, or the last ones in reverse order. */
  slice(slice: Slice): KeyedRow[];
  /** Greater than all earlier versionstamps. */
  nextVersionstamp(): string;
}

const COUNTER_DIGITS = 16;

export function createTable(now: () => number): Table {
  const rows = new Map<string, Row>();
  const sorted: string[] = [];
  const expiries = new Map<string, number>();
  let nextExpiryAt = Number.POSITIVE_INFINITY;
  let commits = 0;

  /** The index of the bytes in the order, whether they are stored or not. */
  function indexOf(bytes: string): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? '') < bytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function remove(bytes: string): void {
    expiries.delete(bytes);
    if (rows.delete(bytes)) sorted.splice(indexOf(bytes), 1);
  }

  function removeExpired(): void {
    const at = now();
    if (at < nextExpiryAt) return;
    nextExpiryAt = Number.POSITIVE_INFINITY;
    for (const [bytes, expiresAt] of expiries) {
      if (expiresAt <= at) remove(bytes);
      else nextExpiryAt = Math.min(nextExpiryAt, expiresAt);
    }
  }

  return {
    get(bytes) {
      removeExpired();
      return rows.get(bytes);
    },

    set(bytes, row) {
      remove(bytes);
      sorted.splice(indexOf(bytes), 0, bytes);
      rows.set(bytes, row);
      if (row.expiresAt === null) return;
      expiries.set(bytes, row.expiresAt);
      nextExpiryAt = Math.min(nextExpiryAt, row.expiresAt);
    },

    delete: remove,

    slice({ start, end, most, reverse }) {
      removeExpired();
      const first = indexOf(start);
      const last = Math.max(first, indexOf(end));
      const found = reverse
        ? sorted.slice(Math.max(first, last - most), last).toReversed()
        : sorted.slice(first, Math.min(last, first + most));
      return found.flatMap(bytes => {
        const row = rows.get(bytes);
        return row === undefined ? [] : [{ bytes, row }];
      });
    },

    nextVersionstamp() {
      commits += 1;
      return `${commits.toString(16).padStart(COUNTER_DIGITS, '0')}0000`;
    },
  };
}
