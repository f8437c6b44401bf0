import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** An S3 server that runs here, with what a client needs. */
export interface StartedServer {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Processes of one server, each with its output in a file of the folder. */
export interface Daemons {
  readonly folder: string;
  start(name: string, command: readonly [string, ...string[]], environment?: Environment): void;
  /** Waits for a command to end, and returns what it printed. */
  run(command: readonly [string, ...string[]], environment?: Environment): Promise<string>;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

const MAX_WAIT_MILLISECONDS = 120_000;

export function createDaemons(folder: string): Daemons {
  const running: ChildProcess[] = [];
  return {
    folder,
    start(name, [program, ...flags], environment = {}) {
      const log = openSync(join(folder, `${name}.log`), 'a');
      running.push(
        spawn(program, flags, {
          cwd: folder,
          env: { ...process.env, ...environment },
          stdio: ['ignore', log, log],
          // A group of its own: some servers leave their workers behind.
          detached: true,
        }),
      );
    },
    async run([program, ...flags], environment = {}) {
      const env = { ...process.env, ...environment };
      const { stdout } = await promisify(execFile)(program, flags, {
        cwd: folder,
        env,
        timeout: MAX_WAIT_MILLISECONDS,
      });
      return stdout;
    },
    async stop() {
      for (const child of running.toReversed()) {
        const { pid, exitCode, signalCode } = child;
        if (pid === undefined || exitCode !== null || signalCode !== null) continue;
        const gone = once(child, 'exit');
        process.kill(-pid, 'SIGKILL');
        await gone;
      }
    },
  };
}

/** Until something answers there, whatever it says. */
export async function untilAnswered(endpoint: string): Promise<void> {
  const untilMs = Date.now() + MAX_WAIT_MILLISECONDS;
  for (;;) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
      return;
    } catch (error) {
      if (Date.now() > untilMs) throw new Error(`Nothing answers at ${endpoint}`, { cause: error });
      await pause(500);
    }
  }
}
