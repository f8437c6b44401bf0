import { fail, ok, type Result } from '../../lib/failure.ts';
import type { JobPrecondition } from '../../lib/storage/precondition.ts';
import type { Version } from '../../lib/store.ts';
import type { HttpContext } from './env.ts';
import { invalid } from './read-request.ts';

interface EntityTag {
  readonly weak: boolean;
  readonly tag: string;
}

/** The precondition of a change, from `If-Match` and `If-None-Match` (RFC 9110, section 13.1). */
export function readPrecondition(c: HttpContext): Result<JobPrecondition> {
  const ifMatch = c.req.header('if-match');
  const ifNoneMatch = c.req.header('if-none-match');
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    return invalid('If-None-Match', 'Send If-Match or If-None-Match, not both');
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return ok({ kind: 'absent' });
    return invalid('If-None-Match', 'A change takes only If-None-Match: *');
  }
  if (ifMatch === undefined) return ok({ kind: 'none' });
  if (ifMatch.trim() === '*') return ok({ kind: 'any' });
  const tags = parseTags(ifMatch);
  if (tags === null) return invalid('If-Match', 'Expected entity tags in double quotes');
  // If-Match compares strongly: a weak tag matches nothing.
  return ok({ kind: 'versions', versions: tags.filter(({ weak }) => !weak).map(({ tag }) => tag) });
}

/** As `readPrecondition`, for a change that must not overwrite what the caller has not read. */
export function readRequiredPrecondition(c: HttpContext): Result<JobPrecondition> {
  const precondition = readPrecondition(c);
  if (!precondition.ok || precondition.value.kind !== 'none') return precondition;
  const reason =
    'Send If-Match with the version you read, If-Match: * to overwrite, or If-None-Match: * to create';
  return fail({ code: 'precondition_required', faults: [{ path: 'If-Match', reason }] });
}

/** Whether the `If-Match` of a read, where it has one, allows this version. */
export function isExpectedVersion(c: HttpContext, version: Version): boolean {
  const ifMatch = c.req.header('if-match');
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return parseTags(ifMatch)?.some(({ weak, tag }) => !weak && tag === version) ?? false;
}

/** Whether the `If-None-Match` of a read names this version. A malformed header is ignored. */
export function isKnownVersion(c: HttpContext, version: string): boolean {
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
