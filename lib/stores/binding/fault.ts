import { StoreError } from '../../store.ts';

/** What the runtime says when it lost its way to what a binding stands for. */
export const LOST_CONTACT =
  /network|connection|fetch failed|internal error|timed? ?out|disconnected|socket|temporarily/i;

/** A `StoreError` that says what was tried and why it failed; one that says so already stays as it is. */
export function storeError(attempt: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`Cannot ${attempt}: ${reason}`, { cause });
}
