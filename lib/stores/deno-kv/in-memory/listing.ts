import type { KvEntry, KvSelector } from '../kv-like.ts';
import { requireConsistency } from './consistency.ts';
import { cursorAt, rangeBehind } from './cursor.ts';
import { keyOf } from './key-parts.ts';
import { MAX_ENTRIES_PER_READ, requireAtMost } from './limits.ts';
import { selected, selectorOf } from './selector.ts';
import type { ListOptions, ShimListing } from './shim-kv.ts';
import type { KeyedRow, Table } from './table.ts';
import { copyValue } from './value.ts';

interface Request {
  readonly selector: KvSelector;
  readonly options: ListOptions;
  readonly requireOpen: () => void;
}

const DEFAULT_BATCH = 100;
const LARGEST_DEFAULT_BATCH = 500;
const DONE = { done: true, value: undefined } as const;

/**
 * Reads one batch at a time; each batch is read at one moment. It uses the same steps as Deno's iterator,
 * so that concurrent callers get the same results as in Deno.
 */
export function createListing(table: Table, request: Request): ShimListing {
  const { options, requireOpen } = request;
  const { limit, consistency } = options;
  const reverse = options.reverse === true;
  const batchSize = batchSizeOf(options);
  const selector = selectorOf(request.selector);
  let batch: KeyedRow[] = [];
  let isLastBatch = false;
  let isDone = false;
  let given = 0;
  // An empty text is not a cursor.
  let cursor: (() => string) | null = null;
  if (options.cursor) cursor = constant(options.cursor);

  async function pull(): Promise<KeyedRow[]> {
    requireConsistency(consistency);
    requireOpen();
    const range = rangeBehind(selected(selector), { cursor: cursor?.() ?? null, reverse });
    requireAtMost(MAX_ENTRIES_PER_READ, batchSize, 'entries');
    return table.slice({ ...range, most: batchSize, reverse });
  }

  return {
    get cursor() {
      if (cursor === null) throw new Error('Cannot get cursor before first iteration');
      return cursor();
    },

    async next(): Promise<IteratorResult<KvEntry, undefined>> {
      if (isDone || (limit !== undefined && given >= limit)) return DONE;
      if (batch.length === 0 && !isLastBatch) {
        batch = await pull();
        isLastBatch = batch.length < batchSize;
      }
      const entry = batch.shift();
      if (entry === undefined) {
        isDone = true;
        cursor = constant('');
        return DONE;
      }
      const { bytes, row } = entry;
      cursor = () => cursorAt(selected(selector), bytes);
      given += 1;
      const value = copyValue(row.value);
      return { done: false, value: { key: keyOf(bytes), value, versionstamp: row.versionstamp } };
    },

    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function batchSizeOf({ limit, batchSize }: ListOptions): number {
  if (limit !== undefined) requirePositive('Limit', limit);
  const size = batchSize ?? limit ?? DEFAULT_BATCH;
  requirePositive('batchSize', size);
  return batchSize === undefined ? Math.min(size, LARGEST_DEFAULT_BATCH) : size;
}

function requirePositive(name: string, count: number): void {
  if (Number.isInteger(count) && count > 0) return;
  throw new Error(`${name} must be a positive integer: received ${count}`);
}

function constant(text: string): () => string {
  return () => text;
}
