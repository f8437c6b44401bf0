import type { Bytes } from '../../store.ts';
import { CHUNK_BYTES, type Upload, uploadFromText, uploadText } from './upload.ts';

/**
 * The value under the key of an object. It is stored as bytes, because some runtimes cannot read values of other
 * types that another runtime wrote:
 *
 *   kind (1)  0: the body follows; 1: the text of an upload follows; 2: the length of the body follows
 *   label (2) its length in bytes, or 0xffff for no label; then the label in UTF-8
 *   the rest  the body, or the upload, or the length
 *
 * A pointer contains its body if the body is empty, or if an older version of the store wrote it: that version stored
 * all small bodies in the pointer. The next write moves such a body to its own key.
 */
export type Pointer =
  | { readonly kind: 'inline'; readonly label: string | null; readonly body: Bytes }
  | { readonly kind: 'beside'; readonly label: string | null; readonly bodyBytes: number }
  | { readonly kind: 'uploaded'; readonly label: string | null; readonly upload: Upload };

const INLINE = 0;
const UPLOADED = 1;
const BESIDE = 2;
const HEADER_BYTES = 3;
const NO_LABEL = 0xffff;
const LENGTH_TEXT = /^[1-9][0-9]*$/;
const TEXT = new TextEncoder();
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodePointer(pointer: Pointer): Bytes {
  const label = TEXT.encode(pointer.label ?? '');
  const { kind, rest } = encoded(pointer);
  const bytes = new Uint8Array(HEADER_BYTES + label.byteLength + rest.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint16(1, pointer.label === null ? NO_LABEL : label.byteLength);
  bytes.set(label, HEADER_BYTES);
  bytes.set(rest, HEADER_BYTES + label.byteLength);
  return bytes;
}

function encoded(pointer: Pointer): { readonly kind: number; readonly rest: Uint8Array } {
  switch (pointer.kind) {
    case 'inline':
      return { kind: INLINE, rest: pointer.body };
    case 'beside':
      return { kind: BESIDE, rest: TEXT.encode(String(pointer.bodyBytes)) };
    case 'uploaded':
      return { kind: UPLOADED, rest: TEXT.encode(uploadText(pointer.upload)) };
    default:
      return pointer satisfies never;
  }
}

/** Returns null when no store of this kind has written the value. */
export function decodePointer(value: unknown): Pointer | null {
  if (!(value instanceof Uint8Array) || value.byteLength < HEADER_BYTES) return null;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const labelBytes = view.getUint16(1);
  const start = HEADER_BYTES + (labelBytes === NO_LABEL ? 0 : labelBytes);
  const label = labelBytes === NO_LABEL ? null : textOf(value.subarray(HEADER_BYTES, start));
  if (start > value.byteLength || (label === null && labelBytes !== NO_LABEL)) return null;
  // A copy: the reader may write to it, and a medium may return a view of a larger buffer.
  const rest = new Uint8Array(value.subarray(start));
  switch (view.getUint8(0)) {
    case INLINE:
      return { kind: 'inline', label, body: rest };
    case UPLOADED: {
      const upload = uploadFromText(textOf(rest) ?? '');
      return upload === null ? null : { kind: 'uploaded', label, upload };
    }
    case BESIDE: {
      const bodyBytes = lengthOf(textOf(rest) ?? '');
      return bodyBytes === null ? null : { kind: 'beside', label, bodyBytes };
    }
    default:
      return null;
  }
}

function lengthOf(text: string): number | null {
  if (!LENGTH_TEXT.test(text)) return null;
  const bytes = Number(text);
  return bytes <= CHUNK_BYTES ? bytes : null;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}
