import { examples, type Root } from '../calls/root.ts';
import { usageFault } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';

/** `dalsegno token`: makes an access token, without a service. */
export function addToken(root: Root, io: Io): void {
  root
    .command('token')
    .summary('make an access token')
    .description(
      'Makes an access token. Prints the token on stdout, once, and on stderr the entry of\n' +
        'ACCESS_TOKENS that knows it by its digest. No service is asked.',
    )
    .configureHelp({ showGlobalOptions: false })
    .option('--scope <scope>', 'read, work or admin (work)')
    .option('--name <name>', 'what the log calls the token')
    .option('--prefix <text>', 'it opens only jobs whose ids begin with this text')
    .option('--expires <date>', 'YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ (never)')
    .option('--days <number>', 'instead of --expires: 1 to 36500')
    .addHelpText(
      'after',
      examples(
        'dalsegno token --scope admin --name me --days 90',
        'dalsegno token --name ci --prefix etl- > token.txt 2> entry.txt',
      ),
    )
    .action(async given => {
      const { makeToken } = await import('../access/make-token.ts');
      const made = await makeToken(given);
      if (typeof made === 'string') throw usageFault(made, 'See dalsegno token --help');
      const { token, explanation } = made;
      if (root.opts().json === true) {
        await io.stdout.write(`${JSON.stringify({ token, entry: made.entry })}\n`);
        return;
      }
      await io.stdout.write(`${token}\n`);
      await io.stderr.write(explanation);
    });
}
