import { serializedBytes } from './serialized-bytes.ts';

/**
 * The value that `set()` stores. Bytes are read at the commit. Any other value is cloned immediately, without the
 * parts that cannot be stored. Throws the errors of Deno.
 */
export function acceptedValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  const copy = cloned(value);
  // Throws if the value contains something that Deno does not store.
  serializedBytes(copy);
  return copy;
}

/** A copy for a reader, which may change it without changing the stored value. */
export function copyValue(value: unknown): unknown {
  // structuredClone() would also copy the whole buffer of the array, which may be large.
  return value instanceof Uint8Array ? new Uint8Array(value) : structuredClone(value);
}

/** The size of a value in Deno KV: the length of a byte array, or the size in V8's format. */
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
