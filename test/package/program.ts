import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A program that runs beside a test. */
export interface Program {
  /** Settles with the first match of a line; rejects where the program ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends SIGTERM, and settles with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a program in this folder. It is killed after the test if it still runs. */
export function startProgram(
  [command, ...parameters]: readonly [string, ...string[]],
  folder: string,
): Program {
  const child = spawn(command, parameters, {
    cwd: folder,
    env: { PATH: process.env['PATH'], DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: npm leaves the service that it started behind when it is killed.
    detached: true,
  });
  onTestFinished(() => killGroup(child.pid));
  const said: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', line => {
      said.push(line);
      for (const listener of listeners) listener(line);
    });
  }
  const ended = once(child, 'close').then(() => child.exitCode);
  return {
    says(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const look = (line: string) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match);
      };
      for (const line of said) look(line);
      listeners.add(look);
      ended.then(() => reject(new Error(`It ended:\n${said.join('\n')}`)), reject);
      return promise;
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const hasEnded = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!hasEnded) throw error;
  }
}
