import { toBase64Url } from './base64url.ts';
import { nodeCrypto } from './node-crypto.ts';
import { webHkdf, webSha256 } from './web-crypto.ts';

/** The digest of a longer content would stop all requests for too long, so other threads compute it. */
const SHORT_LENGTH = 256 * 1024;

/** SHA-256 of a short text as UTF-8, in hexadecimal digits. Null where the runtime only has digests with promises. */
export function sha256HexAtOnce(text: string): string | null {
  return nodeCrypto === null ? null : nodeCrypto.hash('sha256', text, 'hex');
}

/** SHA-256 of bytes, or of a text as UTF-8, in hexadecimal digits. */
export async function sha256Hex(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  if (nodeCrypto !== null && content.length <= SHORT_LENGTH) {
    return nodeCrypto.hash('sha256', content, 'hex');
  }
  return toHex(await webSha256(typeof content === 'string' ? utf8(content) : content));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 of a text as UTF-8, in base64url. */
export async function sha256Base64Url(text: string): Promise<string> {
  if (nodeCrypto !== null && text.length <= SHORT_LENGTH) {
    return nodeCrypto.hash('sha256', text, 'base64url');
  }
  return toBase64Url(await webSha256(utf8(text)));
}

/** HKDF with SHA-256 (RFC 5869). `bytes` is the length of the result. Different labels give unrelated results. */
export async function hkdf(
  secret: string,
  expansion: { salt: string; label: string; bytes: number },
): Promise<Uint8Array> {
  if (nodeCrypto === null) return webHkdf(secret, expansion);
  const { salt, label, bytes } = expansion;
  return new Uint8Array(nodeCrypto.hkdfSync('sha256', secret, salt, label, bytes));
}

/** Compares digests in constant time: the duration does not depend on where they differ. */
export function sameDigest(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
