import { CommanderError } from '@commander-js/extra-typings';
import { createRoot, type Root } from './calls/root.ts';
import { addCopy } from './commands/copy.ts';
import { addDev } from './commands/dev.ts';
import { addServe } from './commands/serve.ts';
import { addToken } from './commands/token.ts';
import { CommandFailure, EXIT } from './terminal/exit-code.ts';
import type { Io } from './terminal/io.ts';

/** The width of the help where no terminal says its own. */
const HELP_COLUMNS = 100;

/** All commands. Each loads what it works with when it runs, so that the help is there at once. */
export function createProgram(io: Io): Root {
  const root = createRoot()
    .exitOverride()
    .configureOutput({
      writeOut: text => void io.stdout.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_COLUMNS,
      writeErr: text => void io.stderr.write(text),
    })
    .showHelpAfterError('Add --help to see what there is.');
  addServe(root);
  addToken(root, io);
  addCopy(root);
  addDev(root);
  return root;
}

/** Runs one command line to its end. Returns the exit code; a command of the service may have set that of the process. */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CommandFailure)) throw error;
    await io.stderr.write(`error: ${error.message}\n`);
    if (error.advice !== null) await io.stderr.write(`${error.advice}\n`);
    return error.exitCode;
  }
}
