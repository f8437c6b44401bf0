import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { follow } from './child.ts';

const ENTRY = join(import.meta.dirname, '../../functions/node.ts');

/** The service as `npm start` runs it. */
export interface ServiceProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Settles when it listens. Port 0 takes any free one. */
export async function startService(options: {
  readonly folder: string;
  readonly port: number;
  readonly sweepSeconds: number;
}): Promise<ServiceProcess> {
  const { folder, port, sweepSeconds } = options;
  const flags = ['--port', port, '--state-dir', folder, '--sweep-interval', sweepSeconds];
  const child = spawn(
    process.execPath,
    [ENTRY, ...flags.map(String), '--log-format', 'json', '--log-level', 'info'],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  );
  const exited = follow(child);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  // The rest of the log is read and let go of: a pipe that is full would stop the service.
  createInterface({ input: child.stdout }).on('line', line => {
    const { url } = JSON.parse(line);
    if (typeof url === 'string') resolve(url);
  });
  void exited.then(() => reject(new Error(`The service ended:\n${said}`)));
  const url = await listening;
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    async stop(signal) {
      child.kill(signal);
      await exited;
    },
  };
}
