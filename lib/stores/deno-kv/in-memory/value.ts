import { serializedBytes } from './serialized-bytes.ts';

/**
 * What `set()` takes: bytes as they are until the commit, all else as it is at once, without what cannot be
 * kept. Throws what Deno throws.
 */
export function acceptedValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  const copy = cloned(value);
  // Throws where there is something inside that Deno does not keep.
  serializedBytes(copy);
  return copy;
}

/** The reader's own: what it does to the value does nothing to what is stored. */
export function copyOfValue(value: unknown): unknown {
  // structuredClone() would also copy the buffer that the array is a view of, however large.
  return value instanceof Uint8Array ? new Uint8Array(value) : structuredClone(value);
}

/** The bytes that a value takes in Deno KV: an array of bytes as it is, all else as V8 serializes it. */
export function valueBytes(value: unknown): number {
  return value instanceof Uint8Array ? value.byteLength : serializedBytes(value);
}

function cloned(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new TypeError(error.message, { cause: error });
  }
}
