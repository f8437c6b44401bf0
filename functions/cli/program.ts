import { CommanderError } from '@commander-js/extra-typings';
import type { CommandParts } from './calls/command.ts';
import type { Wire } from './calls/connection.ts';
import { createRoot, DEFAULT_URL, type Root } from './calls/root.ts';
import { addChanges } from './commands/change.ts';
import { addCompletion } from './commands/completion.ts';
import { addCopy } from './commands/copy.ts';
import { addCreate } from './commands/create.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExport } from './commands/export.ts';
import { addImport } from './commands/import.ts';
import { addJobs } from './commands/jobs.ts';
import { addMove } from './commands/move.ts';
import { addOpenapi } from './commands/openapi.ts';
import { addServe } from './commands/serve.ts';
import { addShow } from './commands/show.ts';
import { addStats } from './commands/stats.ts';
import { addSweep } from './commands/sweep.ts';
import { addToken } from './commands/token.ts';
import { addWatch } from './commands/watch.ts';
import { addWhy } from './commands/why.ts';
import { coloursFor } from './terminal/colours.ts';
import { EXIT, type ExitCode } from './terminal/exit-code.ts';
import type { Io } from './terminal/io.ts';
import { packageVersion } from './terminal/package-root.ts';
import { printableLines } from './terminal/printable.ts';

/** The width of the help where no terminal says its own. */
const HELP_COLUMNS = 100;

/** All commands. Each loads what it works with when it runs, so that the help is there at once. */
export function createProgram(parts: Omit<CommandParts, 'root'>): Root {
  const { io } = parts;
  const root = createRoot()
    .exitOverride()
    .configureOutput({
      getOutHelpWidth: () => io.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_COLUMNS,
      writeOut: text => void io.stdout.write(text),
      writeErr: text => void io.stderr.write(text),
    })
    .showHelpAfterError('Add --help to see what there is.')
    .on('option:version', () => {
      void io.stdout.write(`${packageVersion()}\n`);
      throw new CommanderError(EXIT.ok, 'commander.version', 'version');
    });
  const all: CommandParts = { ...parts, root };
  addServe(root);
  addJobs(all);
  addShow(all);
  addWhy(all);
  addWatch(all);
  addStats(all);
  addCreate(all);
  addChanges(all);
  addSweep(all);
  addDoctor(all);
  addMove(all);
  addExport(all);
  addImport(all);
  addCopy(root);
  addToken(root, io);
  addOpenapi(all);
  addCompletion(root, io);
  addDev(root);
  return root;
}

/** Runs one command line to its end. Returns the exit code; a command of the service may have set that of the process. */
export async function runProgram(
  args: readonly string[],
  io: Io,
  wire: Wire = {},
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const exitWith = (code: ExitCode): void => {
    exitCode = code;
  };
  const root = createProgram({ io, wire, exitWith });
  try {
    await root.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return await explain(error, { io, root });
  }
}

/** Says what has failed and what the user may do, and returns the exit code. */
async function explain(
  error: unknown,
  { io, root }: { readonly io: Io; readonly root: Root },
): Promise<ExitCode> {
  const { reportOf } = await import('./calls/failure.ts');
  const given = root.opts();
  const url = given.url ?? (io.environment['DALSEGNO_URL'] || DEFAULT_URL);
  const report = reportOf(error, { url });
  if (report === null) throw error;
  if (given.json === true) {
    await io.stderr.write(`${JSON.stringify(report.problem)}\n`);
    return report.exitCode;
  }
  const { red, dim } = coloursFor(io, io.stderr);
  const lines = [
    `${red('error:')} ${printableLines(report.message)}`,
    ...report.details.map(detail => `  ${printableLines(detail)}`),
    ...(report.advice === null ? [] : [dim(report.advice)]),
  ];
  await io.stderr.write(`${lines.join('\n')}\n`);
  return report.exitCode;
}
