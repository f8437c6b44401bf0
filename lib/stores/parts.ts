import type { Body } from '../store.ts';

/** The parts of a body, none of them empty. */
export function partsOf(body: Body): readonly Uint8Array[] {
  return (isParts(body) ? body : [body]).filter(({ byteLength }) => byteLength > 0);
}

export function byteLengthOf(body: Body): number {
  if (!isParts(body)) return body.byteLength;
  let bytes = 0;
  for (const { byteLength } of body) bytes += byteLength;
  return bytes;
}

/** The body in one array: itself, or a copy of its parts. */
export function joined(body: Body): Uint8Array {
  return isParts(body) ? copyOf(body) : body;
}

/** A copy of the body, which nobody else has. */
export function copyOf(body: Body): Uint8Array<ArrayBuffer> {
  // The slice() of a Buffer would not copy.
  if (!isParts(body)) return new Uint8Array(body);
  const bytes = new Uint8Array(byteLengthOf(body));
  let at = 0;
  for (const part of body) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function isParts(body: Body): body is readonly Uint8Array[] {
  return Array.isArray(body);
}
