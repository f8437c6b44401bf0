import type { KvKey, KvSelector } from '../stores/deno-kv/kv-like.ts';
import { keyBytes } from './key-bytes.ts';
import { requireReadableBytes } from './limits.ts';
import type { Range } from './table.ts';

/** Higher than the type of any part: ends what begins with a prefix. */
const AFTER_ALL = '\xff';

export function rangeOf(selector: KvSelector): Range {
  const range = 'prefix' in selector ? prefixRange(selector) : keyRange(selector);
  requireReadableBytes(range.start);
  requireReadableBytes(range.end);
  return range;
}

function prefixRange(selector: Extract<KvSelector, { prefix: KvKey }>): Range {
  const prefix = keyBytes(selector.prefix);
  // The key that is the prefix itself is not below it.
  const start = 'start' in selector ? below(prefix, selector.start, 'Start') : `${prefix}\0`;
  const end = 'end' in selector ? below(prefix, selector.end, 'End') : `${prefix}${AFTER_ALL}`;
  return { start, end };
}

function keyRange(selector: { readonly start?: KvKey; readonly end?: KvKey }): Range {
  if (selector.start === undefined || selector.end === undefined) {
    throw new TypeError("Selector must specify either 'prefix' or both 'start' and 'end' key");
  }
  const range = { start: keyBytes(selector.start), end: keyBytes(selector.end) };
  if (range.start > range.end) throw new TypeError('Start key is greater than end key');
  return range;
}

function below(prefix: string, key: KvKey, which: string): string {
  const bytes = keyBytes(key);
  if (bytes.length > prefix.length && bytes.startsWith(prefix)) return bytes;
  throw new TypeError(`${which} key is not in the keyspace defined by prefix`);
}
