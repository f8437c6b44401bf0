import { writeEntry } from '../../lib/access/access-entry.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { readTokenFlags } from './token-flags.ts';

const USAGE = [
  'Usage: npm run token -- [--scope read|work|admin] [--name <name>] [--prefix <what job ids begin with>]',
  '                        [--expires <YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ> | --days <number>]',
].join('\n');

/** Makes an access token: shown once, with the line of configuration that knows it by its digest alone. */
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
    `\nThe line above is the token, and shown this once. Who sends it as\n` +
      `  Authorization: Bearer <token>\n` +
      `may ${scope}${prefix === '' ? '' : ` jobs whose ids begin with "${prefix}"`}${expiresAt === null ? '' : ` until ${expiresAt}`}, when the service is started with\n` +
      `  ACCESS_TOKENS='${entry}'\n` +
      `Several entries are separated by commas: to change a token, let the old and the new one stand together${name === null ? '' : ', each under a name of its own'}.\n`,
  );
}

await main();
