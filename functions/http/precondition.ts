import { type Fault, fail, ok, type Result } from '../../lib/failure.ts';
import type { JobPrecondition } from '../../lib/storage/precondition.ts';
import type { Version } from '../../lib/store.ts';
import type { HttpContext } from './env.ts';

interface EntityTag {
  readonly weak: boolean;
  readonly tag: string;
}

/** What `If-Match` and `If-None-Match` of a change ask (RFC 9110, section 13.1). */
export function preconditionOf(c: HttpContext): Result<JobPrecondition> {
  const ifMatch = c.req.header('if-match');
  const ifNoneMatch = c.req.header('if-none-match');
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    return invalid({ path: 'If-None-Match', reason: 'Give If-Match or If-None-Match, not both' });
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return ok({ kind: 'absent' });
    return invalid({ path: 'If-None-Match', reason: 'A change takes If-None-Match: * alone' });
  }
  if (ifMatch === undefined) return ok({ kind: 'none' });
  if (ifMatch.trim() === '*') return ok({ kind: 'any' });
  const tags = parseTags(ifMatch);
  if (tags === null) {
    return invalid({ path: 'If-Match', reason: 'An entity tag stands in double quotes' });
  }
  // If-Match compares strongly: a weak tag matches nothing.
  return ok({ kind: 'versions', versions: tags.filter(({ weak }) => !weak).map(({ tag }) => tag) });
}

/** As `preconditionOf`, for changes that must not be made blindly. */
export function requiredPreconditionOf(c: HttpContext): Result<JobPrecondition> {
  const precondition = preconditionOf(c);
  if (!precondition.ok || precondition.value.kind !== 'none') return precondition;
  const reason =
    'Give If-Match with the version you read, If-Match: * to overwrite, or If-None-Match: * to create';
  return fail({ code: 'precondition_required', faults: [{ path: 'If-Match', reason }] });
}

/** Whether a reader's `If-Match`, where it gives one, allows this version. */
export function isExpected(c: HttpContext, version: Version): boolean {
  const ifMatch = c.req.header('if-match');
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return parseTags(ifMatch)?.some(({ weak, tag }) => !weak && tag === version) ?? false;
}

/** Whether a reader's `If-None-Match` names this version. What cannot be read of it is ignored. */
export function isKnown(c: HttpContext, version: Version): boolean {
  const ifNoneMatch = c.req.header('if-none-match');
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return parseTags(ifNoneMatch)?.some(({ tag }) => tag === version) ?? false;
}

export function entityTag(version: string): string {
  return `"${version}"`;
}

const ENTITY_TAGS = /^\s*(?:(?:W\/)?"[!#-~\x80-\xff]*"\s*(?:,\s*|$))+$/;

function parseTags(header: string): readonly EntityTag[] | null {
  if (!ENTITY_TAGS.test(header)) return null;
  return [...header.matchAll(/(W\/)?"([^"]*)"/g)].map(([, weak, tag = '']) => ({
    weak: weak !== undefined,
    tag,
  }));
}

function invalid(fault: Fault): Result<never> {
  return fail({ code: 'invalid', faults: [fault] });
}
