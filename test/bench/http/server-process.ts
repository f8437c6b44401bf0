import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const SERVICE = fileURLToPath(new URL('../../../functions/node.ts', import.meta.url));
const BARE = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
const LOOK_EVERY_MS = 2;

/** The service as `npm start` runs it, on a free port, its log going to a file. */
export function startService(stateDir: string, logFile: string): Promise<ServerProcess> {
  return startServer({ args: [SERVICE, '--port', '0', '--state-dir', stateDir], logFile });
}

/** Waits until the service has read all jobs, as it does after its start: until then that takes its time. */
export async function untilIndexed({ port }: Pick<ServerProcess, 'port'>): Promise<void> {
  const page = await fetch(`http://127.0.0.1:${port}/v1/jobs?limit=1`);
  await page.arrayBuffer();
  if (!page.ok) throw new Error(`The first page was a ${page.status}`);
}

/**
 * A bare Hono application that answers the files of a folder from memory; with a folder to write to, also
 * one that first puts what an answer stands for.
 */
export function startBareServer(
  bodies: string,
  logFile: string,
  stateDir?: string,
): Promise<ServerProcess> {
  return startServer({
    args: [BARE, bodies, ...(stateDir === undefined ? [] : [stateDir])],
    logFile,
  });
}

export interface Launch {
  /** What runs; the Node of this process where it is left out. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Starts a program that says in its log where it listens. */
export async function startServer({
  program = process.execPath,
  args,
  environment = {},
  logFile,
}: Launch): Promise<ServerProcess> {
  const log = openSync(logFile, 'w');
  const child = spawn(program, args, {
    stdio: ['ignore', log, 'inherit'],
    env: { ...process.env, ...environment },
  });
  closeSync(log);
  const exit = once(child, 'exit');
  let port: number | null = null;
  while (port === null) {
    if (child.exitCode !== null)
      throw new Error(`${args.join(' ')} ended with ${child.exitCode}: see ${logFile}`);
    await wait(LOOK_EVERY_MS);
    port = portIn(readFileSync(logFile, 'utf8'));
  }
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

function portIn(log: string): number | null {
  const port = /http:\/\/127\.0\.0\.1:([0-9]+)/.exec(log)?.[1];
  return port === undefined ? null : Number(port);
}
