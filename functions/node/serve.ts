import { limitHeapGrowth } from './heap-growth.ts';
import { hideArguments } from './store/hidden-arguments.ts';
import { sizeYoungGeneration } from './young-generation.ts';

/** Runs the service on Node until a signal stops it, with these flags and the environment of the process. */
export async function serveNode(flags: readonly string[]): Promise<void> {
  // Before anything else is loaded: to load it lets the young generation grow.
  sizeYoungGeneration();
  limitHeapGrowth();
  hideArguments();
  const { readNodeConfig } = await import('./config.ts');
  const read = readNodeConfig(flags, process.env);
  switch (read.kind) {
    case 'config':
      try {
        // Only now: help and refused settings need nothing of it.
        const { run } = await import('./main.ts');
        await run(read.config);
      } catch (error) {
        refuse(reasonOf(error), 1);
      }
      break;
    case 'help':
      process.stdout.write(`${read.text}\n`);
      break;
    case 'refused':
      refuse(read.text, 2);
      break;
    default:
      read satisfies never;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? `${error.message}\n--port <number> takes another port` : error.message;
}

/** Exits, because handles that are open already would keep the process alive. */
function refuse(reason: string, exitCode: number): never {
  process.stderr.write(`Cannot run:\n${reason}\n`);
  process.exit(exitCode);
}
