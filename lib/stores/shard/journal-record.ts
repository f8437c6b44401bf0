import type { Version } from '../../store.ts';
import { type HotItem, isSettled } from './hot-item.ts';
import type { HeldObject } from './object-table.ts';

/** One record of the journal. Each replaces all earlier ones of its key. */
export type JournalRecord =
  | { readonly kind: 'object'; readonly key: string; readonly stored: HeldObject | null }
  | {
      readonly kind: 'entry';
      readonly key: string;
      readonly stored: { readonly version: Version; readonly label: string | null } | null;
      readonly isSettled: boolean;
    }
  /** The tables have the key as it is. */
  | { readonly kind: 'forget'; readonly key: string };

type Field = string | number | null;

export function recordOf(item: HotItem): string {
  return JSON.stringify(fieldsOf(item));
}

export function forgetRecord(key: string): string {
  return JSON.stringify(['f', key]);
}

function fieldsOf(item: HotItem): readonly Field[] {
  const { key } = item;
  if (item.kind === 'entry') {
    const { value } = item;
    return ['e', key, isSettled(item) ? 1 : 0, value?.version ?? null, value?.label ?? null];
  }
  const { stored } = item;
  if (stored === null) return ['d', key];
  return ['o', key, stored.version, stored.over, stored.label, latin1Of(stored.body)];
}

/** Throws for a text that no shard has written. */
export function recordsIn(text: string): readonly JournalRecord[] {
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows)) throw new TypeError('No records of a journal');
  return rows.map(recordIn);
}

function recordIn(fields: unknown): JournalRecord {
  const [kind, ...rest] = Array.isArray(fields) ? fields : [];
  const key = textIn(rest[0]);
  switch (kind) {
    case 'f':
      return { kind: 'forget', key };
    case 'd':
      return { kind: 'object', key, stored: null };
    case 'o':
      return {
        kind: 'object',
        key,
        stored: {
          version: textIn(rest[1]) as Version,
          over: optionalTextIn(rest[2]),
          label: optionalTextIn(rest[3]),
          body: bytesOf(textIn(rest[4])),
        },
      };
    case 'e': {
      const version = optionalTextIn(rest[2]);
      const label = optionalTextIn(rest[3]);
      const stored = version === null ? null : { version: version as Version, label };
      return { kind: 'entry', key, stored, isSettled: rest[1] === 1 };
    }
    default:
      throw new TypeError(`No record of a journal: ${String(kind)}`);
  }
}

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('A record of the journal has no text');
  return value;
}

function optionalTextIn(value: unknown): string | null {
  return value === null ? null : textIn(value);
}

function latin1Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(latin1: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(latin1, character => character.charCodeAt(0));
}
