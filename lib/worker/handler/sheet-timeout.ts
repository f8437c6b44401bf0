/** The `reason` of the `AbortSignal` in a `SheetContext` when the sheet takes too long, and the error of its failure. */
export class SheetTimeoutError extends Error {
  override readonly name = 'SheetTimeoutError';
  /** In milliseconds. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`The sheet took longer than ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** A timer of more milliseconds than this would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The timeout in milliseconds; null for none. Throws a `RangeError` for one that no timer can keep. */
export function checkedTimeout(timeoutMs: number | undefined): number | null {
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return null;
  if (timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS) return timeoutMs;
  throw new RangeError(
    `Cannot stop a sheet after ${timeoutMs} ms: expected up to ${LONGEST_TIMEOUT_MS}`,
  );
}
