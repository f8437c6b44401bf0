import { requireReadableBytes } from './limits.ts';
import type { Selected } from './selector.ts';
import type { Range } from './table.ts';

/** The cursor of a key: URL-safe base64, with padding, of the key without the common start of the selector. */
export function cursorAt({ common }: Selected, bytes: string): string {
  return encode(bytes.slice(common.length));
}

/** The rest of a selector's range after a cursor, or before it when the listing is reversed. */
export function rangeBehind(
  selected: Selected,
  { cursor, reverse }: { readonly cursor: string | null; readonly reverse: boolean },
): Range {
  const range = cursor === null ? selected : cut(selected, { cursor, reverse });
  requireReadableBytes(range.start);
  requireReadableBytes(range.end);
  return range;
}

function cut(selected: Selected, { cursor, reverse }: { cursor: string; reverse: boolean }): Range {
  const { common, earliest, latest } = selected;
  const place = `${common}${decode(cursor)}`;
  const start = reverse ? selected.start : `${place}\0`;
  const end = reverse ? place : selected.end;
  const isBeyond = (earliest !== null && start < earliest) || (latest !== null && end > latest);
  if (isBeyond) throw new TypeError('cursor out of bounds');
  return { start, end };
}

function encode(binary: string): string {
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_');
}

/** `atob()` accepts malformed input, so a cursor that does not encode to itself again is refused. */
function decode(cursor: unknown): string {
  if (typeof cursor !== 'string') throw new TypeError('A cursor must be a text');
  const binary = fromBase64(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  if (binary === null || encode(binary) !== cursor) throw new TypeError('invalid cursor');
  return binary;
}

function fromBase64(text: string): string | null {
  try {
    return atob(text);
  } catch {
    return null;
  }
}
