import * as z from 'zod';
import { textFromBase64Url, toBase64Url } from './base64url.ts';
import type { Position } from './job-index.ts';
import { parsePlain } from './plain-json.ts';

const Fields = z.tuple([z.string().regex(/^[0-9]{18}$/), z.string().min(1).max(1024)]);

/** A cursor is a place in the order, not a page number: jobs that come or go do not shift it. */
export function encodeCursor(position: Position): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([position.instant, position.key])));
}

/** The place that a cursor stands for, or null where the text is none of ours. */
export function decodeCursor(cursor: string): Position | null {
  const fields = Fields.safeParse(parsePlain(textFromBase64Url(cursor) ?? ''));
  if (!fields.success) return null;
  const [instant, key] = fields.data;
  return { instant, key };
}
