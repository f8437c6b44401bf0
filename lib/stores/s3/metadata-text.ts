/** Values of metadata travel as headers, which have ASCII only, and no spaces at their ends. */
const PLAIN = /^(?! )(?!.*(?: {2}| $|=\?))[\x20-\x7e]+$/;

const WORD = /=\?([^?]*)\?([bq])\?([^?]*)\?=(?:[ \t]+(?==\?))?/gi;

/** A value as a header: itself, or encoded as RFC 2047 says. R2 decodes such values, so that its bindings see the text. */
export function headerOf(value: string): string {
  if (PLAIN.test(value)) return value;
  return `=?UTF-8?B?${base64(new TextEncoder().encode(value))}?=`;
}

/** The value of such a header. Null where it cannot be read. */
export function valueOf(header: string): string | null {
  if (!header.includes('=?')) return decodedByServer(header);
  const bytes: number[] = [];
  let end = 0;
  for (const match of header.matchAll(WORD)) {
    const [whole, charset = '', encoding = '', text = ''] = match;
    if (match.index !== end || charset.toLowerCase() !== 'utf-8') return null;
    const decoded = encoding.toLowerCase() === 'b' ? fromBase64(text) : fromQuoted(text);
    if (decoded === null) return null;
    for (const byte of decoded) bytes.push(byte);
    end = match.index + whole.length;
  }
  if (end !== header.length) return null;
  try {
    // One character may be in two words.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes),
    );
  } catch {
    return null;
  }
}

/** A server that decodes such values itself may send them as UTF-8, which `fetch` shows byte by byte. */
function decodedByServer(header: string): string | null {
  if (/^[ -~]*$/.test(header)) return header;
  const codes = Array.from(header, character => character.codePointAt(0) ?? 0);
  if (codes.some(code => code > 0xff)) return header;
  const bytes = Uint8Array.from(codes);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), character => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function fromQuoted(text: string): Uint8Array | null {
  const spaced = text.replaceAll('_', ' ');
  if (/=(?![0-9a-f]{2})/i.test(spaced)) return null;
  const binary = spaced.replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(binary, character => character.charCodeAt(0));
}
