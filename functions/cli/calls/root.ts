import { Command } from '@commander-js/extra-typings';

export const DEFAULT_URL = 'http://127.0.0.1:8787';

/** The program without its commands. The options here may stand before or after the name of a command. */
export function createRoot() {
  return new Command('dalsegno')
    .description(
      'Keeps the checkpoints of long jobs, and hands them from dead workers to live ones.',
    )
    .option('--url <url>', `where the service is [DALSEGNO_URL] (${DEFAULT_URL})`)
    .option('--token <token>', 'access token; safer in the variable [DALSEGNO_TOKEN]')
    .option('--json', 'print JSON: lists as one object a line, exact numbers')
    .option('--timeout <seconds>', 'how long one try of a call may take (10)')
    .option('-V, --version', 'print the version')
    .configureHelp({ showGlobalOptions: true });
}

export type Root = ReturnType<typeof createRoot>;
export type GlobalOptions = ReturnType<Root['opts']>;

/** The examples below the help of a command. */
export function examples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map(line => `  $ ${line}`)].join('\n');
}
