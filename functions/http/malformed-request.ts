import type { Fault } from '../../lib/failure.ts';
import type { HttpContext } from './env.ts';
import { problem } from './problem.ts';
import type { Answer } from './response.ts';

/**
 * Refuses requests that a proxy may have parsed differently from this service. The runtimes refuse most of them
 * already.
 */
export function refuseMalformed(c: HttpContext): Answer | null {
  const fault = hostFault(c) ?? codingFault(c);
  return fault === null ? null : problem(c, { code: 'malformed_request', faults: [fault] });
}

/** RFC 9112, section 3.2. Runtimes join headers of one name with commas, which no host has. */
function hostFault(c: HttpContext): Fault | null {
  if (c.req.header('host')?.includes(',') !== true) return null;
  return { path: 'Host', reason: 'A request has exactly one host' };
}

/** RFC 9112, section 6.1. */
function codingFault(c: HttpContext): Fault | null {
  const coding = c.req.header('transfer-encoding');
  if (coding === undefined || coding.toLowerCase() === 'chunked') return null;
  return {
    path: 'Transfer-Encoding',
    reason: 'The only transfer coding that is accepted is chunked',
  };
}
