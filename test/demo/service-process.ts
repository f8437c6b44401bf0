import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { follow } from './child.ts';
import { type LaunchOptions, launchOf, type Runtime } from './runtime.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The service as it runs by itself. */
export interface ServiceProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when it is gone, with the processes that it has started. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Settles when it listens. */
export async function startService(
  runtime: Runtime,
  options: LaunchOptions,
): Promise<ServiceProcess> {
  const { program, args, environment, url: pattern } = launchOf(runtime, options);
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...environment,
    },
    // A group of its own: an emulation is several processes, and they are to end together.
    detached: true,
  });
  const pid = child.pid ?? 0;
  const exited = follow(child, signal => process.kill(-pid, signal));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  // The rest of the log is read and let go of: a pipe that is full would stop the service.
  createInterface({ input: child.stdout }).on('line', line => {
    const [, url] = pattern.exec(line) ?? [];
    if (url !== undefined) resolve(url);
  });
  void exited.then(() => reject(new Error(`The service ended:\n${said}`)));
  const url = await listening;
  return {
    url,
    port: Number(new URL(url).port),
    pid,
    async stop(signal) {
      process.kill(-pid, signal);
      await exited;
    },
  };
}
