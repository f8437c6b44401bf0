const MAX_PROGRESS_BYTES = 256;

/** What a holder tells of its progress, as JSON has it. Throws where the service would refuse it. */
export function progressOf(value: unknown): unknown {
  const text = JSON.stringify(value ?? null) ?? 'null';
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_PROGRESS_BYTES) {
    throw new RangeError(
      `Cannot tell a progress of ${bytes} bytes of JSON: the limit is ${MAX_PROGRESS_BYTES}`,
    );
  }
  // As it is now: the caller may go on changing the object.
  return JSON.parse(text);
}
