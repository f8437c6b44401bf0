import { type Fault, LOST_CONTACT } from '../binding/fault.ts';

const TOO_MANY_REQUESTS = 10058;
/** InternalError, ServiceUnavailable, ClientDisconnect. */
const UNCLEAR_CODES: ReadonlySet<number> = new Set([10001, 10043, 10054]);

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return 'lasting';
  const code = codeOf(error);
  if (code === TOO_MANY_REQUESTS) return 'refused';
  if (code !== null) return UNCLEAR_CODES.has(code) ? 'unclear' : 'lasting';
  return LOST_CONTACT.test(error.message) ? 'unclear' : 'lasting';
}

// R2 puts the code at the end of the message, as in "put: Reduce your request rate. (10058)".
function codeOf(error: Error): number | null {
  const code = /\((\d{5,6})\)\.?$/.exec(error.message)?.[1];
  return code === undefined ? null : Number(code);
}
