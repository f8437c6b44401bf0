import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { JobDocument } from '../../lib/storage/job-view.ts';
import type { Version } from '../../lib/store.ts';
import { OVERLOADED, takeRoomFor } from './admission.ts';
import type { HttpContext } from './env.ts';
import { entityTag } from './precondition.ts';
import { problem } from './problem.ts';
import { type Answer, answer, emptyAnswer, JSON_TYPE } from './response.ts';

/** The answer with a whole state and its version. */
export function jobResponse(
  c: HttpContext,
  document: Pick<JobDocument, 'body' | 'version'>,
  options: { status?: ContentfulStatusCode; headers?: Record<string, string> } = {},
): Answer {
  if (!takeRoomFor(c, document.body.byteLength)) return problem(c, OVERLOADED);
  const headers = {
    'Content-Type': JSON_TYPE,
    ...validatorOf(document.version),
    ...options.headers,
  };
  return answer(c, document.body, { status: options.status ?? 200, headers });
}

/** The answer to a read that has the current version already. */
export function notModifiedResponse(c: HttpContext, version: Version): Answer {
  return emptyAnswer(c, { status: 304, headers: validatorOf(version) });
}

/** The answer to a save: the saved state, or only its version where the client prefers that (RFC 7240). */
export function savedResponse(
  c: HttpContext,
  document: Pick<JobDocument, 'body' | 'version'>,
  options: { status: 200 | 201; headers?: Record<string, string> },
): Answer {
  if (!prefersMinimal(c)) return jobResponse(c, document, options);
  const headers = {
    ETag: entityTag(document.version),
    ...MINIMAL_APPLIED,
    ...options.headers,
  };
  return emptyAnswer(c, { status: options.status === 201 ? 201 : 204, headers });
}

/** Whether the client wants an answer without the state (RFC 7240). */
export function prefersMinimal(c: HttpContext): boolean {
  return /(?:^|[,;\s])return=minimal(?:$|[,;\s])/i.test(c.req.header('prefer') ?? '');
}

export const MINIMAL_APPLIED = { 'Preference-Applied': 'return=minimal' } as const;

function validatorOf(version: Version): Record<string, string> {
  // A cache may keep a copy, and must check its version before each use.
  return { 'Cache-Control': 'no-cache', ETag: entityTag(version) };
}
