/**
 * The end of an object that is on its way from one store to another. It is white space to a parser of JSON, so that a reader
 * who knows nothing of moves reads the same value, and a writer who knows the version without it is refused.
 */
const SEAL = new TextEncoder().encode('\n\t \t\t \n');

export function isSealed(body: Uint8Array): boolean {
  return body.length > SEAL.length && isSame(body.subarray(body.length - SEAL.length), SEAL);
}

export function withSeal(body: Uint8Array): readonly Uint8Array[] {
  return [body, SEAL];
}

export function withoutSeal(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return body.subarray(0, body.length - SEAL.length);
}

export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
