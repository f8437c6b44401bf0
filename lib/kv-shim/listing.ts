import type { KvEntry, KvListing, KvListOptions, KvSelector } from '../stores/deno-kv/kv-like.ts';
import { MAX_BATCH } from './limits.ts';
import { rangeOf } from './selector.ts';
import type { Range, Table } from './table.ts';
import { copyOfValue } from './value.ts';

interface Request {
  readonly selector: KvSelector;
  readonly options: KvListOptions;
  readonly requireOpen: () => void;
}

/** Reads on as its caller does: an entry is as it was stored when it was asked for. */
export function createListing(table: Table, request: Request): KvListing {
  const { selector, options, requireOpen } = request;
  const { limit, batchSize, cursor, reverse = false } = options;
  requireCount('limit', limit);
  requireCount('batchSize', batchSize, MAX_BATCH);
  const whole = rangeOf(selector);
  let lastBytes: string | null = null;

  async function* entries(): AsyncGenerator<KvEntry> {
    let rest = cursor === undefined ? whole : behind(whole, bytesOfCursor(cursor), reverse);
    for (let given = 0; given < (limit ?? Infinity); given += 1) {
      requireOpen();
      const found = reverse ? table.last(rest) : table.first(rest);
      if (found === null) return;
      const { bytes, row } = found;
      rest = behind(rest, bytes, reverse);
      lastBytes = bytes;
      yield { ...row, value: copyOfValue(row.value) };
    }
  }

  return {
    get cursor() {
      if (lastBytes === null) throw new Error('Cannot get cursor before first iteration');
      return btoa(lastBytes);
    },
    [Symbol.asyncIterator]: entries,
  };
}

function behind({ start, end }: Range, bytes: string, reverse: boolean): Range {
  return reverse ? { start, end: bytes } : { start: `${bytes}\0`, end };
}

function bytesOfCursor(cursor: string): string {
  try {
    return atob(cursor);
  } catch (error) {
    throw new TypeError('invalid cursor', { cause: error });
  }
}

function requireCount(name: string, count: number | undefined, most = Infinity): void {
  if (count === undefined || (Number.isSafeInteger(count) && count > 0 && count <= most)) return;
  throw new TypeError(`Bad '${name}': ${count}`);
}
