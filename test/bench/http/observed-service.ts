import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** What a process has used since its start. */
export const Usage = z.object({
  cpuMicros: z.number(),
  /** Calls of fsync and fdatasync. */
  syncs: z.number(),
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** How late its event loop was since this was last asked. */
  lagP99Ms: z.number(),
  lagMaxMs: z.number(),
});
export type Usage = z.infer<typeof Usage>;

/** The service in a process of its own, which tells what it has used. */
export interface ObservedService {
  readonly port: number;
  readonly pid: number;
  usage(): Promise<Usage>;
  /** As `usage`, after a collection of garbage. Only where the options allow it. */
  collected(): Promise<Usage>;
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../../../functions/node.ts', import.meta.url));
const OBSERVED = new URL('./observed.ts', import.meta.url).href;
const Listening = z.object({ port: z.number() });

export interface ObservedOptions {
  readonly logLevel?: 'warning' | 'info';
  readonly canCollect?: boolean;
}

/** Starts the service on a free port, as `npm start` does, with the log at `warning` if nothing else is said. */
export async function startObserved(
  stateDir: string,
  logFile: string,
  { logLevel = 'warning', canCollect = false }: ObservedOptions = {},
): Promise<ObservedService> {
  const log = openSync(logFile, 'a');
  const flags = ['--port', '0', '--state-dir', stateDir, '--log-level', logLevel];
  const child = fork(ENTRY, flags, {
    execArgv: [...(canCollect ? ['--expose-gc'] : []), '--import', OBSERVED],
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const exit = once(child, 'exit');
  const gone = exit.then(([code]): never => {
    throw new Error(`The service ended with ${String(code)}: see ${logFile}`);
  });
  // Looked at where a message is awaited.
  gone.catch(() => undefined);
  const { port } = Listening.parse(await messageOf(child, gone));
  const ask = async (what: 'usage' | 'collected') => {
    const answer = messageOf(child, gone);
    child.send(what);
    return Usage.parse(await answer);
  };
  return {
    port,
    pid: child.pid ?? 0,
    usage: () => ask('usage'),
    collected: () => ask('collected'),
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function messageOf(child: ChildProcess, gone: Promise<never>): Promise<unknown> {
  const [message] = await Promise.race([once(child, 'message'), gone]);
  return message;
}
