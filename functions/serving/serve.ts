import { StoreError } from '../../lib/store.ts';
import { admit, leave } from '../http/admission.ts';
import { type Check, firstRefusal } from '../http/check.ts';
import { allowOrigins } from '../http/cors.ts';
import type { HttpContext } from '../http/env.ts';
import { refuseMalformed } from '../http/malformed-request.ts';
import { problem } from '../http/problem.ts';
import { beginRequest, logError, logRequest, observeRequest } from '../http/request-log.ts';
import type { Answer } from '../http/response.ts';

const CHECKS: readonly Check[] = [allowOrigins, refuseMalformed, admit];

/**
 * Does what is done for every request: its id, the checks before all others, its room, its count and its line in the
 * log. `run` makes the answer of a request that no check refuses, and does not throw; `refused` turns a refusal into
 * an answer of the same kind.
 */
export async function serve<A extends { readonly status: number }>(
  c: HttpContext,
  { run, refused }: { run: () => A | Promise<A>; refused: (answer: Answer) => A },
): Promise<A> {
  const startedAt = beginRequest(c);
  let answer: A;
  try {
    const checked = firstRefusal(c, CHECKS);
    // To await a value that is already there would still cost a microtask.
    const refusal = checked instanceof Promise ? await checked : checked;
    if (refusal === null) {
      const made = run();
      answer = made instanceof Promise ? await made : made;
    } else answer = refused(refusal);
  } finally {
    leave(c);
  }
  if (c.get('isAnsweredElsewhere') === true) return answer;
  const durationMs = performance.now() - startedAt;
  observeRequest(c, answer.status, durationMs);
  logRequest(c, answer.status, durationMs);
  return answer;
}

/** The answer to a request on which the store failed, or the program. The log has the cause. */
export function errorAnswer(c: HttpContext, error: Error): Answer {
  logError(c, error);
  if (!(error instanceof StoreError)) return problem(c, { code: 'internal' });
  return problem(c, { code: 'store_unavailable', retryAfterSeconds: 1 });
}
