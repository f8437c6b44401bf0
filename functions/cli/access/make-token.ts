import { writeEntry } from '../../../lib/access/access-entry.ts';
import { mintAccessToken } from '../../../lib/access/access-token.ts';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { type GivenTokenOptions, readTokenFlags } from './token-flags.ts';

export interface MadeToken {
  /** The secret. */
  readonly token: string;
  /** Its entry of `ACCESS_TOKENS`, which has the digest only. */
  readonly entry: string;
  /** What to do with both. */
  readonly explanation: string;
}

/** Makes a token, or returns an error text about the options. */
export async function makeToken(given: GivenTokenOptions): Promise<MadeToken | string> {
  const asked = readTokenFlags(given, systemClock.now());
  if (typeof asked === 'string') return asked;
  const { scope, name, prefix, expiresAt } = asked;
  const token = await mintAccessToken(systemRandom.secret());
  const entry = writeEntry({ sha256: token.sha256, scope, name, expiresAt, prefix });
  const jobs = prefix === '' ? '' : ` jobs whose ids begin with "${prefix}"`;
  const until = expiresAt === null ? '' : ` until ${expiresAt}`;
  const own = name === null ? '' : ', each with its own name';
  const explanation =
    `\nThe line above is the token. It is shown only once. A client that sends it as\n` +
    `  Authorization: Bearer <token>\n` +
    `may ${scope}${jobs}${until}, when the service is started with\n` +
    `  ACCESS_TOKENS='${entry}'\n` +
    `Separate several entries with commas. To replace a token, configure the old and the new one together for a while${own}.\n`;
  return { token: token.text, entry, explanation };
}
