import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { AccessToken } from '../../lib/access/access-token.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';

const ROOT = join(import.meta.dirname, '../..');
const FLAGS = ['--unstable-kv', '--unstable-cron', '--no-prompt', '--allow-env', '--allow-net'];

type LogLine = Readonly<Record<string, unknown>>;

/** A script in a process of Deno. */
export interface DenoProcess {
  readonly log: readonly LogLine[];
  /** Settles with the first line of the log that is wanted; rejects where the process ends before. */
  line(wanted: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends the signal, and settles with how it ended. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

export interface DenoService extends DenoProcess {
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
}

/** Runs a script below the root with this environment and no more; killed after the test if it still runs. */
export function runDeno(
  script: string,
  environment: Readonly<Record<string, string>>,
): DenoProcess {
  const folder = environment['STATE_DIR'] ?? '.';
  const access = [`--allow-read=${ROOT},${folder}`, `--allow-write=${folder}`];
  const child: ChildProcess = spawn('deno', ['run', ...FLAGS, ...access, script], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], DENO_NO_UPDATE_CHECK: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const log: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) throw new TypeError('The output of the process is not piped');
    createInterface({ input: stream }).on('line', text => {
      said.push(text);
      if (!text.startsWith('{')) return;
      const line: LogLine = JSON.parse(text);
      log.push(line);
      for (const tell of waiting) tell(line);
    });
  }
  const ended = once(child, 'close').then(() => child.exitCode);
  return {
    log,
    ended,
    line(wanted) {
      const known = log.find(wanted);
      if (known !== undefined) return Promise.resolve(known);
      const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
      waiting.add(line => {
        if (wanted(line)) resolve(line);
      });
      ended.then(() => reject(new Error(`It ended:\n${said.join('\n')}`)), reject);
      return promise;
    },
    stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** The Deno entry, once it listens. */
export async function startDenoService(options: {
  readonly folder: string;
  readonly token?: AccessToken;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<DenoService> {
  const { folder, token } = options;
  const tokens = token === undefined ? {} : { ACCESS_TOKENS: `${token.sha256}:admin` };
  const bearer = token === undefined ? {} : { Authorization: `Bearer ${token.text}` };
  const environment = { PORT: '0', STATE_DIR: folder, ...tokens, ...options.environment };
  const running = runDeno('functions/deno.ts', environment);
  const { url } = await running.line(line => typeof line['url'] === 'string');
  return {
    ...running,
    async ask(method, path, given = {}) {
      const headers = { ...bearer, ...given.headers };
      return answerOf(await fetch(`${String(url)}${path}`, initOf(method, { ...given, headers })));
    },
  };
}
