/** Digests that every runtime has. The work is done by other threads: only long contents are worth the trip. */

/** SHA-256 of bytes. */
export async function webSha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** HKDF with SHA-256 (RFC 5869). `bytes` is the length of the result. */
export async function webHkdf(
  secret: string,
  { salt, label, bytes }: { salt: string; label: string; bytes: number },
): Promise<Uint8Array> {
  const source = await crypto.subtle.importKey('raw', utf8(secret), 'HKDF', false, ['deriveBits']);
  const params = { name: 'HKDF', hash: 'SHA-256', salt: utf8(salt), info: utf8(label) };
  return new Uint8Array(await crypto.subtle.deriveBits(params, source, bytes * 8));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
