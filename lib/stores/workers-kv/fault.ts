import { StoreError } from '../../store.ts';

/** "KV PUT failed: 429 Too Many Requests", but not that of a day's quota, which comes back tomorrow. */
const TURNED_AWAY = /failed: (?:408|429|5\d\d)\b(?!.*(?:\b10048\b|for (?:today|the day)))/s;
/** What the runtime says when it lost its way to the namespace. */
const LOST_CONTACT =
  /network|connection|fetch failed|internal error|timed? ?out|disconnected|socket|temporarily/i;

/** Whether another try may end otherwise. To repeat any operation here does no harm. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/failed: \d{3}\b/.test(error.message)) return TURNED_AWAY.test(error.message);
  return LOST_CONTACT.test(error.message);
}

/** A `StoreError` that says what was tried and why it failed; one that says so already stays as it is. */
export function storeError(attempt: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`Cannot ${attempt}: ${reason}`, { cause });
}
