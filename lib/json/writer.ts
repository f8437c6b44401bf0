import { floatText } from './number.ts';
import { isNonFinite, isOrderedObject, isRawNumber, NeedsLayoutWriter, tailOf } from './value.ts';

/** How to write NaN and the infinities: as Python's words in files, as null in strict JSON. */
export type NonFiniteStyle = 'word' | 'null';

/**
 * Writes the layout of the files, which is that of Python's `json.dump(indent=2)`: two spaces, `": "`,
 * ASCII only, no newline at the end. `value` is not nested deeper than the parser allows.
 */
export function writeLayout(value: unknown, nonFinite: NonFiniteStyle): string {
  const text = layoutText(value, nonFinite);
  return NON_ASCII.test(text) ? new TextDecoder().decode(asciiBytes(text)) : text;
}

/** As `writeLayout`, but characters outside ASCII are not escaped yet. */
export function layoutText(value: unknown, nonFinite: NonFiniteStyle): string {
  return writeWithEngine(value) ?? writeValue(value, '\n', nonFinite);
}

/** Null for values with an own key order or non-finite numbers, which only the layout writer can write. */
function writeWithEngine(value: unknown): string | null {
  try {
    return JSON.stringify(value, null, 2);
  } catch (error) {
    if (error instanceof NeedsLayoutWriter) return null;
    throw error;
  }
}

/** The layout writer, for every value. `newline` is a line break and the indentation after it. */
export function writeValue(value: unknown, newline: string, nonFinite: NonFiniteStyle): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') return writeNumber(value);
  if (isNonFinite(value)) return nonFinite === 'word' ? value.nonFinite : 'null';
  if (isRawNumber(value)) return value.rawJSON;
  const inner = `${newline}  `;
  if (Array.isArray(value)) {
    const items = value.map(item => inner + writeValue(item, inner, nonFinite));
    return items.length === 0 ? '[]' : `[${items.join(',')}${newline}]`;
  }
  const entries = isOrderedObject(value) ? [...value] : membersOf(Object(value));
  const members = entries.map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${writeValue(item, inner, nonFinite)}`,
  );
  return members.length === 0 ? '{}' : `{${members.join(',')}${newline}}`;
}

function membersOf(object: object): readonly (readonly [string, unknown])[] {
  const tail = tailOf(object);
  if (tail === null) return Object.entries(object);
  const own = Object.entries(object).filter(([, value]) => typeof value !== 'function');
  return [...own, ...tail];
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  return Number.isInteger(value) ? JSON.stringify(value) : floatText(value);
}

const NON_ASCII = /[\x7f-\uffff]/;

/** Whether no character of a text is escaped in the layout. */
export function isAscii(text: string): boolean {
  return !NON_ASCII.test(text);
}

const ESCAPE_BYTES = 6;

const ENCODER = new TextEncoder();
/** The character of ASCII that the layout escapes. */
const DELETE = '\x7f';

/** The ASCII bytes of JSON text, with `\uxxxx` for other code units. A loop, because a text may have millions of them. */
export function asciiBytes(text: string): Uint8Array<ArrayBuffer> {
  // To encode the text costs less than to look at each character. Where all are ASCII, there are as many bytes.
  const encoded = ENCODER.encode(text);
  if (encoded.byteLength === text.length && !text.includes(DELETE)) return encoded;
  let escapes = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x7f) escapes++;
  const bytes = new Uint8Array(text.length + escapes * (ESCAPE_BYTES - 1));
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x7f) {
      bytes[at++] = unit;
      continue;
    }
    bytes[at] = 0x5c;
    bytes[at + 1] = 0x75;
    bytes[at + 2] = hexDigit(unit >> 12);
    bytes[at + 3] = hexDigit((unit >> 8) & 15);
    bytes[at + 4] = hexDigit((unit >> 4) & 15);
    bytes[at + 5] = hexDigit(unit & 15);
    at += ESCAPE_BYTES;
  }
  return bytes;
}

/** The ASCII code of the hexadecimal digit of 0 to 15. */
function hexDigit(value: number): number {
  return value + (value > 9 ? 87 : 48);
}
