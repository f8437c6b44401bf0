import { StoreError } from '../../store.ts';

/**
 * What an error of a bucket means for its operation. `refused`: it did not happen and may be tried again.
 * `unclear`: it may have happened. `lasting`: another try would give the same answer.
 */
export type Fault = 'refused' | 'unclear' | 'lasting';

/** The error messages of the runtime when it lost the connection to the service behind a binding. */
export const LOST_CONTACT =
  /network|connection|fetch failed|internal error|timed? ?out|disconnected|socket|temporarily/i;

/** A `StoreError` that says what was tried and why it failed. A `StoreError` is returned unchanged. */
export function storeError(attempt: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`Cannot ${attempt}: ${reason}`, { cause });
}
