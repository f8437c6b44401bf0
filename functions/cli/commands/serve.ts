import { SETTINGS } from '../../node/flags.ts';
import { examples, type Root } from '../calls/root.ts';

/** `dalsegno serve`: the service on Node, with the flags and variables of `functions/node/README.md`. */
export function addServe(root: Root): void {
  const command = root
    .command('serve')
    .summary('run the service')
    .description(
      'Runs the service until a signal stops it, with a folder of JSON files as its store.\n' +
        'Every flag is also a variable of the environment; a flag comes first.',
    )
    .configureHelp({ showGlobalOptions: false });
  for (const [name, { variable, help }] of Object.entries(SETTINGS)) {
    command.option(`--${name} <value>`, `${help} [${variable}]`);
  }
  command
    .addHelpText(
      'after',
      examples(
        'dalsegno serve',
        'dalsegno serve --port 9000 --state-dir /var/lib/dalsegno',
        'ACCESS_TOKENS="$(cat tokens)" dalsegno serve --host 0.0.0.0',
      ),
    )
    .action(async () => {
      const { serve } = await import('../serve.ts');
      await serve(
        flagsOf(
          command.opts(),
          command.options.map(({ long }) => long ?? ''),
        ),
      );
    });
}

/** The given flags as they were written. */
function flagsOf(given: Readonly<Record<string, unknown>>, names: readonly string[]): string[] {
  return names.flatMap(name => {
    const value = given[camelCase(name)];
    return typeof value === 'string' ? [`${name}=${value}`] : [];
  });
}

function camelCase(flag: string): string {
  return flag
    .replace(/^--/, '')
    .replaceAll(/-(.)/g, (_whole, letter: string) => letter.toUpperCase());
}
