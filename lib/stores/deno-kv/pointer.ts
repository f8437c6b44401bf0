import type { Bytes } from '../../store.ts';
import { type Upload, uploadFromText, uploadText } from './upload.ts';

/**
 * What is stored under the key of an object. As bytes, for a value of another type that one runtime has
 * written is not readable to every other:
 *
 *   kind (1)  0: the body follows; 1: the text of an upload follows
 *   label (2) its bytes, or 0xffff where there is none; then the label in UTF-8
 *   the rest  the body, or the upload
 */
export type Pointer =
  | { readonly kind: 'inline'; readonly label: string | null; readonly body: Bytes }
  | { readonly kind: 'uploaded'; readonly label: string | null; readonly upload: Upload };

const INLINE = 0;
const UPLOADED = 1;
const HEADER_BYTES = 3;
const NO_LABEL = 0xffff;
const TEXT = new TextEncoder();
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodePointer(pointer: Pointer): Bytes {
  const label = TEXT.encode(pointer.label ?? '');
  const isInline = pointer.kind === 'inline';
  const rest = isInline ? pointer.body : TEXT.encode(uploadText(pointer.upload));
  const bytes = new Uint8Array(HEADER_BYTES + label.byteLength + rest.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, isInline ? INLINE : UPLOADED);
  view.setUint16(1, pointer.label === null ? NO_LABEL : label.byteLength);
  bytes.set(label, HEADER_BYTES);
  bytes.set(rest, HEADER_BYTES + label.byteLength);
  return bytes;
}

/** Null where no store of this kind has written the value. */
export function decodePointer(value: unknown): Pointer | null {
  if (!(value instanceof Uint8Array) || value.byteLength < HEADER_BYTES) return null;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const labelBytes = view.getUint16(1);
  const start = HEADER_BYTES + (labelBytes === NO_LABEL ? 0 : labelBytes);
  const label = labelBytes === NO_LABEL ? null : textOf(value.subarray(HEADER_BYTES, start));
  if (start > value.byteLength || (label === null && labelBytes !== NO_LABEL)) return null;
  // A copy: the reader may write to it, and a medium may have handed out a view of something larger.
  const rest = new Uint8Array(value.subarray(start));
  if (view.getUint8(0) === INLINE) return { kind: 'inline', label, body: rest };
  if (view.getUint8(0) !== UPLOADED) return null;
  const upload = uploadFromText(textOf(rest) ?? '');
  return upload === null ? null : { kind: 'uploaded', label, upload };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}
