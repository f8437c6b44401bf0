import { writeEntry } from '../../lib/access/access-entry.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { readTokenFlags } from './token-flags.ts';

const USAGE = [
  'Usage: npm run token -- [--scope read|work|admin] [--name <name>] [--prefix <what job ids begin with>]',
  '                        [--expires <YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ> | --days <number>]',
].join('\n');

/** Creates an access token, and prints it once with its configuration entry, which contains only the digest. */
async function main(): Promise<void> {
  const asked = readTokenFlags(process.argv.slice(2), systemClock.now());
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const { scope, name, prefix, expiresAt } = asked;
  const token = await mintAccessToken(systemRandom.secret());
  const entry = writeEntry({ sha256: token.sha256, scope, name, expiresAt, prefix });
  process.stdout.write(`${token.text}\n`);
  process.stderr.write(
    `\nThe line above is the token. It is shown only once. A client that sends it as\n` +
      `  Authorization: Bearer <token>\n` +
      `may ${scope}${prefix === '' ? '' : ` jobs whose ids begin with "${prefix}"`}${expiresAt === null ? '' : ` until ${expiresAt}`}, when the service is started with\n` +
      `  ACCESS_TOKENS='${entry}'\n` +
      `Separate several entries with commas. To replace a token, configure the old and the new one together for a while${name === null ? '' : ', each with its own name'}.\n`,
  );
}

await main();
