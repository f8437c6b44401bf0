const MAX_PROGRESS_BYTES = 256;

/** A copy of a progress value, as JSON. Throws a `RangeError` above 256 bytes of JSON, which the service refuses. */
export function progressOf(value: unknown): unknown {
  const text = JSON.stringify(value ?? null) ?? 'null';
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_PROGRESS_BYTES) {
    throw new RangeError(
      `Cannot send a progress of ${bytes} bytes of JSON: the limit is ${MAX_PROGRESS_BYTES}`,
    );
  }
  // A copy: the caller may change the object later.
  return JSON.parse(text);
}
