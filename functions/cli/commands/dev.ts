import { examples, type Root } from '../calls/root.ts';

/** `dalsegno dev`: the Workers entry under wrangler's emulation, in a clone. */
export function addDev(root: Root): void {
  root
    .command('dev')
    .summary('run the Workers entry locally, in a clone')
    .description(
      "Runs the Workers entry under wrangler's local emulation: offline, and with stored state.\n" +
        'Needs the clone, and wrangler. All arguments go to `wrangler dev`.',
    )
    .configureHelp({ showGlobalOptions: false })
    .allowUnknownOption()
    .argument('[arguments...]', 'for `wrangler dev`')
    .addHelpText(
      'after',
      examples('dalsegno dev', 'dalsegno dev --port 9000', 'dalsegno dev --env kv'),
    )
    .action(async given => {
      const { runDev } = await import('../dev/run-dev.ts');
      await runDev(given);
    });
}
