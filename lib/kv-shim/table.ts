import type { KvKey } from '../stores/deno-kv/kv-like.ts';

export interface Row {
  readonly key: KvKey;
  readonly value: unknown;
  readonly versionstamp: string;
}

/** From `start` on, up to `end`, which is left out. */
export interface Range {
  readonly start: string;
  readonly end: string;
}

/** Rows by the bytes of their keys, in the order of these. */
export interface Table {
  get(bytes: string): Row | undefined;
  set(bytes: string, row: Row): void;
  delete(bytes: string): void;
  /** The row nearest to the start of the range, or to its end. */
  first(range: Range): { readonly bytes: string; readonly row: Row } | null;
  last(range: Range): { readonly bytes: string; readonly row: Row } | null;
  /** Later than every one before. */
  nextVersionstamp(): string;
}

const COUNTER_DIGITS = 16;

export function createTable(): Table {
  const rows = new Map<string, Row>();
  const sorted: string[] = [];
  let commits = 0;

  /** Where the bytes stand in the order, or would stand. */
  function placeOf(bytes: string): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? '') < bytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function at(place: number, { start, end }: Range) {
    const bytes = sorted[place];
    if (bytes === undefined || bytes < start || bytes >= end) return null;
    const row = rows.get(bytes);
    return row === undefined ? null : { bytes, row };
  }

  return {
    get: bytes => rows.get(bytes),

    set(bytes, row) {
      if (!rows.has(bytes)) sorted.splice(placeOf(bytes), 0, bytes);
      rows.set(bytes, row);
    },

    delete(bytes) {
      if (rows.delete(bytes)) sorted.splice(placeOf(bytes), 1);
    },

    first: range => at(placeOf(range.start), range),
    last: range => at(placeOf(range.end) - 1, range),

    nextVersionstamp() {
      commits += 1;
      return `${commits.toString(16).padStart(COUNTER_DIGITS, '0')}0000`;
    },
  };
}
