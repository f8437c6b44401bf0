import type { KvKey, KvSelector } from '../kv-like.ts';
import { keyBytes } from './key-bytes.ts';
import type { Range } from './table.ts';

/** A selector as it was when `list()` was called. */
export interface Selector {
  readonly prefix: KvKey | null;
  readonly start: KvKey | null;
  readonly end: KvKey | null;
}

/** A selector as a range of bytes. */
export interface Selected extends Range {
  /** The common start of the keys. A cursor is the rest of a key. */
  readonly common: string;
  /** The bounds of a cursor; null when the selector does not set them. */
  readonly earliest: string | null;
  readonly latest: string | null;
}

/** Higher than the type of any part, so it ends the range of a prefix. */
const AFTER_ALL = '\xff';

export function selectorOf(selector: KvSelector): Selector {
  const [prefix, start, end] = [
    keyIn(selector, 'prefix'),
    keyIn(selector, 'start'),
    keyIn(selector, 'end'),
  ];
  if (prefix !== null && start !== null && end !== null) {
    throw new TypeError(
      "Selector can not specify both 'start' and 'end' key when specifying 'prefix'",
    );
  }
  if (prefix === null && (start === null || end === null)) {
    throw new TypeError("Selector must specify either 'prefix' or both 'start' and 'end' key");
  }
  return { prefix, start, end };
}

export function selected({ prefix, start, end }: Selector): Selected {
  const [from, to] = [bytesOf(start), bytesOf(end)];
  if (prefix === null) return selectedRange(from ?? '', to ?? '');
  const common = keyBytes(prefix);
  if (from !== null) requireBelow(common, from, 'Start');
  if (to !== null) requireBelow(common, to, 'End');
  return {
    common,
    // The prefix itself is not below the prefix.
    start: from ?? `${common}\0`,
    end: to ?? `${common}${AFTER_ALL}`,
    earliest: from,
    latest: to,
  };
}

function selectedRange(start: string, end: string): Selected {
  if (start > end) throw new TypeError('Start key is greater than end key');
  let length = 0;
  while (length < start.length && start[length] === end[length]) length += 1;
  return { common: start.slice(0, length), start, end, earliest: start, latest: end };
}

/** A copy, because the caller may change its own array. */
function keyIn(selector: KvSelector, name: string): KvKey | null {
  const own: unknown = Object.hasOwn(selector, name) ? Reflect.get(selector, name) : undefined;
  if (own === undefined) return null;
  if (!Array.isArray(own)) throw new TypeError(`The ${name} of a selector must be an array`);
  return [...own];
}

function bytesOf(key: KvKey | null): string | null {
  return key === null ? null : keyBytes(key);
}

function requireBelow(prefix: string, bytes: string, which: string): void {
  if (bytes.length > prefix.length && bytes.startsWith(prefix)) return;
  throw new TypeError(`${which} key is not in the keyspace defined by prefix`);
}
