export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  for (let index = 0; index < left.byteLength; index++) {
    if (left[index] !== right[index]) return false;
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
