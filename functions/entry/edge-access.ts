import { getLogger } from '@logtape/logtape';
import type { AccessList } from '../../lib/access/access-list.ts';

interface EdgeSettings {
  readonly ACCESS_TOKENS: AccessList;
  readonly DEVELOPMENT: boolean;
}

/** The access list of an edge entry. Null, which is everybody, only in development, without tokens, on loopback. */
export function edgeAccess(
  { ACCESS_TOKENS, DEVELOPMENT }: EdgeSettings,
  isForLoopback: () => boolean,
): AccessList | null {
  return DEVELOPMENT && ACCESS_TOKENS.size === 0 && isForLoopback() ? null : ACCESS_TOKENS;
}

/** Logs that tokens are missing: without them nobody is served. */
export function warnOfNoTokens({ ACCESS_TOKENS, DEVELOPMENT }: EdgeSettings): void {
  if (ACCESS_TOKENS.size > 0 || DEVELOPMENT) return;
  getLogger('dalsegno').warning('ACCESS_TOKENS is not set: nobody is served');
}
