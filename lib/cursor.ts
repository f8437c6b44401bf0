import * as z from 'zod';
import type { Position } from './job-index.ts';

const Fields = z.tuple([z.string().regex(/^[0-9]{18}$/), z.string().min(1).max(1024)]);

/** A cursor is a place in the order, not a page number: jobs that come or go do not shift it. */
export function encodeCursor(position: Position): string {
  const bytes = new TextEncoder().encode(JSON.stringify([position.instant, position.key]));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The place that a cursor stands for, or null where the text is none of ours. */
export function decodeCursor(cursor: string): Position | null {
  const json = decodeBase64Url(cursor);
  if (json === null) return null;
  const fields = Fields.safeParse(json);
  if (!fields.success) return null;
  const [instant, key] = fields.data;
  return { instant, key };
}

function decodeBase64Url(text: string): unknown {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, character => character.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Not base64, not UTF-8, or not JSON: no cursor in any case.
    return null;
  }
}
