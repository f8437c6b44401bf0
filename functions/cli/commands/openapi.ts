import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandParts, withSession } from '../calls/command.ts';
import { examples } from '../calls/root.ts';
import { CommandFailure } from '../terminal/exit-code.ts';
import { packageRoot } from '../terminal/package-root.ts';

/** `dalsegno openapi`: the description of the API, of a service or of this package. */
export function addOpenapi(parts: CommandParts): void {
  parts.root
    .command('openapi')
    .summary('print the description of the API')
    .description(
      'Prints the description of the API, OpenAPI 3.1: that of the service, or with --packaged that of this package.',
    )
    .option('--packaged', 'without a service: the description that belongs to this version')
    .addHelpText(
      'after',
      examples('dalsegno openapi > openapi.json', 'dalsegno openapi --packaged | jq .info.version'),
    )
    .action(async ({ packaged }) => {
      if (packaged === true) {
        await parts.io.stdout.write(await packagedText());
        return;
      }
      await withSession(parts, async ({ client, printJson }) => {
        await printJson((await client.openapi()).text);
      });
    });
}

async function packagedText(): Promise<string> {
  const path = join(packageRoot(), 'dist/site/openapi.json');
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(`Cannot read "${path}"`, {
      advice: 'In a clone, `npm run build` makes it.',
      cause: error,
    });
  }
}
