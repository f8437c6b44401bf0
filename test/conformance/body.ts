/** A body of this text. */
export function bodyOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(body: Uint8Array | undefined): string | null {
  return body === undefined ? null : new TextDecoder().decode(body);
}

/** Bytes of every value, different in every block. */
export function largeBody(bytes: number): Uint8Array {
  const body = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index += 1) body[index] = index * 31 + (index >> 8);
  return body;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
