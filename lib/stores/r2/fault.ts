import { StoreError } from '../../store.ts';

/**
 * What an error of the bucket says of its operation: `refused`, it was not done and may be tried again;
 * `unclear`, it may have been done; `lasting`, no further try would change the answer.
 */
export type Fault = 'refused' | 'unclear' | 'lasting';

const TOO_MANY_REQUESTS = 10058;
/** InternalError, ServiceUnavailable, ClientDisconnect. */
const UNCLEAR_CODES: ReadonlySet<number> = new Set([10001, 10043, 10054]);
/** What the runtime says, without a code, when it lost its way to the bucket. */
const LOST_CONTACT =
  /network|connection|fetch failed|internal error|timed? ?out|disconnected|socket|temporarily/i;

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return 'lasting';
  const code = codeOf(error);
  if (code === TOO_MANY_REQUESTS) return 'refused';
  if (code !== null) return UNCLEAR_CODES.has(code) ? 'unclear' : 'lasting';
  return LOST_CONTACT.test(error.message) ? 'unclear' : 'lasting';
}

/** A `StoreError` that says what was tried and why it failed; one that says so already stays as it is. */
export function storeError(attempt: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`Cannot ${attempt}: ${reason}`, { cause });
}

// R2 puts the code at the end of the message, as in "put: Reduce your request rate. (10058)".
function codeOf(error: Error): number | null {
  const code = /\((\d{5,6})\)\.?$/.exec(error.message)?.[1];
  return code === undefined ? null : Number(code);
}
