import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

const SERVICE = '../../../functions/node.ts';
const BARE = './bare-server.ts';
const LOOK_EVERY_MS = 2;

/** The service as `npm start` runs it, on a free port, its log going to a file. */
export function startService(stateDir: string, logFile: string): Promise<ServerProcess> {
  return start(SERVICE, ['--port', '0', '--state-dir', stateDir], logFile);
}

/** Waits until the service has read all jobs, as it does after its start: until then that takes its time. */
export async function untilIndexed({ port }: ServerProcess): Promise<void> {
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
  return start(BARE, stateDir === undefined ? [bodies] : [bodies, stateDir], logFile);
}

async function start(
  entry: string,
  args: readonly string[],
  logFile: string,
): Promise<ServerProcess> {
  const log = openSync(logFile, 'w');
  const path = fileURLToPath(new URL(entry, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', log, 'inherit'] });
  closeSync(log);
  const exit = once(child, 'exit');
  let port: number | null = null;
  while (port === null) {
    if (child.exitCode !== null) throw new Error(`${entry} ended with ${child.exitCode}`);
    await wait(LOOK_EVERY_MS);
    port = portIn(readFileSync(logFile, 'utf8'));
  }
  return {
    port,
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
