import { getLogger } from '@logtape/logtape';
import type { AccessList } from '../../lib/access/access-list.ts';

interface EdgeSettings {
  readonly ACCESS_TOKENS: AccessList;
  readonly DEVELOPMENT: boolean;
}

/** Who may do what: null, which is everybody, in development where there are no tokens, and for loopback alone. */
export function edgeAccess(
  { ACCESS_TOKENS, DEVELOPMENT }: EdgeSettings,
  isForLoopback: () => boolean,
): AccessList | null {
  return DEVELOPMENT && ACCESS_TOKENS.size === 0 && isForLoopback() ? null : ACCESS_TOKENS;
}

/** Says in the log that tokens are missing, where nobody is served without. */
export function warnOfNoTokens({ ACCESS_TOKENS, DEVELOPMENT }: EdgeSettings): void {
  if (ACCESS_TOKENS.size > 0 || DEVELOPMENT) return;
  getLogger('dalsegno').warning('ACCESS_TOKENS is not set: nobody is served');
}
