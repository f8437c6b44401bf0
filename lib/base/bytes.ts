/** Whether both have the same bytes. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return (
    left.byteLength === right.byteLength &&
    hasBytesAt(left, 0, { source: right, start: 0, end: right.byteLength })
  );
}

/** A range of bytes. */
export interface ByteRange {
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Whether the bytes of a range are in `bytes` from the offset `at` on. */
export function hasBytesAt(
  bytes: Uint8Array,
  at: number,
  { source, start, end }: ByteRange,
): boolean {
  const length = end - start;
  if (at + length > bytes.byteLength) return false;
  // Most ranges that differ do so at once: then no call is needed.
  if (length > 0 && bytes[at] !== source[start]) return false;
  if (compareNatively !== null && length > LOOP_BYTES) {
    return compareNatively(bytes, at, { source, start, end }) === 0;
  }
  for (let index = 1; index < length; index++) {
    if (bytes[at + index] !== source[start + index]) return false;
  }
  return true;
}

/** Whether the array has the bytes of these parts, one after the other. */
export function hasBytes(whole: Uint8Array, parts: Uint8Array | readonly Uint8Array[]): boolean {
  if (parts instanceof Uint8Array) return sameBytes(whole, parts);
  let at = 0;
  for (const part of parts) {
    const end = at + part.byteLength;
    if (end > whole.byteLength || !sameBytes(whole.subarray(at, end), part)) return false;
    at = end;
  }
  return at === whole.byteLength;
}

export function sameRange(left: ByteRange, right: ByteRange): boolean {
  return (
    left.end - left.start === right.end - right.start && hasBytesAt(left.source, left.start, right)
  );
}

/** Up to this length a loop is faster than a call of the runtime. */
const LOOP_BYTES = 32;

/** The comparison of `node:buffer`, or null where the runtime does not have it. It is ten times as fast as a loop. */
const compareNatively = loadComparison();

function loadComparison() {
  const { process }: { readonly process?: Partial<NodeJS.Process> } = globalThis;
  const loaded: { readonly Buffer?: { readonly prototype: Buffer } } | undefined =
    process?.getBuiltinModule?.('node:buffer');
  const prototype = loaded?.Buffer?.prototype;
  if (prototype === undefined) return null;
  return (bytes: Uint8Array, at: number, { source, start, end }: ByteRange): number =>
    prototype.compare.call(bytes, source, start, end, at, at + end - start);
}
