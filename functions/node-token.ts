import { parseArgs } from 'node:util';
import { Scope } from '../lib/access/access-list.ts';
import { mintAccessToken } from '../lib/access/access-token.ts';
import { systemRandom } from '../lib/random.ts';

const USAGE =
  'Usage: npm run token -- --scope read|work|admin [--prefix <what job ids begin with>]';

/** Makes an access token: shown once, with the line of configuration that knows it by its digest alone. */
async function main(): Promise<void> {
  const asked = readFlags();
  if (asked === null) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const { scope, prefix } = asked;
  const token = await mintAccessToken(systemRandom.secret());
  const entry = `${token.sha256}:${scope}${prefix === '' ? '' : `:${prefix}`}`;
  process.stdout.write(`${token.text}\n`);
  process.stderr.write(
    `\nThe line above is the token, and shown this once. Who sends it as\n` +
      `  Authorization: Bearer <token>\n` +
      `may ${scope}${prefix === '' ? '' : ` jobs whose ids begin with "${prefix}"`}, when the service is started with\n` +
      `  ACCESS_TOKENS='${entry}'\n` +
      `Several entries are separated by commas: to change a token, let the old and the new one stand together.\n`,
  );
}

function readFlags(): { readonly scope: Scope; readonly prefix: string } | null {
  try {
    const { values } = parseArgs({
      options: { scope: { type: 'string' }, prefix: { type: 'string', default: '' } },
    });
    const scope = Scope.safeParse(values.scope);
    // Commas and line breaks separate entries.
    if (!scope.success || /[,\n]/.test(values.prefix)) return null;
    return { scope: scope.data, prefix: values.prefix };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

await main();
