/**
 * The end of an object that is on its way from one store to another. It is white space to a parser of JSON, so that a reader
 * who knows nothing of moves reads the same value, and a writer who knows the version without it is refused.
 */
const MARK = new TextEncoder().encode('\n\t \t\t \n');

export function isMarked(body: Uint8Array): boolean {
  return body.length > MARK.length && isSame(body.subarray(body.length - MARK.length), MARK);
}

export function withMark(body: Uint8Array): readonly Uint8Array[] {
  return [body, MARK];
}

export function withoutMark(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return body.subarray(0, body.length - MARK.length);
}

export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
