import { fork } from 'node:child_process';
import { follow } from './child.ts';
import { STOP_SECONDS } from './plan.ts';
import type { WorkerMessage } from './worker-message.ts';

const ENTRY = new URL('worker.ts', import.meta.url);

export interface WorkerProcess {
  readonly holder: string;
  readonly pid: number;
  /** At once, with nothing put in order. */
  kill(): void;
  /** Asks it to end; whether it did, in time and without an error. */
  stop(): Promise<boolean>;
}

interface WorkerProcessOptions {
  readonly url: string;
  readonly holder: string;
  readonly ttlSeconds: number;
  readonly pollSeconds: number;
  readonly onMessage: (holder: string, message: WorkerMessage) => void;
}

export function startWorker(options: WorkerProcessOptions): WorkerProcess {
  const { url, holder, ttlSeconds, pollSeconds, onMessage } = options;
  const child = fork(ENTRY, [url, holder, String(ttlSeconds), String(pollSeconds)], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    },
  });
  const exited = follow(child);
  child.on('message', message => onMessage(holder, message as WorkerMessage));
  return {
    holder,
    pid: child.pid ?? 0,
    kill: () => child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
      await exited;
      clearTimeout(timer);
      return child.exitCode === 0;
    },
  };
}
