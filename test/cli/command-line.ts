import { runProgram } from '../../functions/cli/program.ts';
import type { Io, Output } from '../../functions/cli/terminal/io.ts';
import type { Fetch } from '../../lib/client.ts';
import type { Timing } from '../../lib/worker.ts';
import { fetchOf } from '../client/setup.ts';
import type { AppClient } from '../support/app.ts';

/** It is 2026-03-04T05:06:07Z, as in the applications of tests. Timers end at once. */
const NOW_MS = 1_772_600_767_000;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly fetch?: Fetch;
  readonly stdin?: string;
  /** Whether the three streams are a terminal; one of 100 columns. */
  readonly isTerminal?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called with every text that is written to standard output. */
  readonly onWrite?: (text: string) => void;
  /** After this many writes the reader of standard output has gone. */
  readonly readsOnly?: number;
}

/** Runs a command line in this process. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { fetch = refuse, stdin = '', isTerminal = false, environment = {} } = options;
  const written = { stdout: '', stderr: '' };
  let writes = 0;

  function output(name: 'stdout' | 'stderr'): Output {
    return {
      isTerminal,
      columns: isTerminal ? 100 : null,
      rows: isTerminal ? 30 : null,
      get isClosed() {
        return name === 'stdout' && writes >= (options.readsOnly ?? Number.POSITIVE_INFINITY);
      },
      async write(text) {
        written[name] += text;
        if (name === 'stdout') writes += 1;
        if (name === 'stdout') options.onWrite?.(text);
      },
    };
  }

  const io: Io = {
    environment,
    stdin: {
      isTerminal,
      text: async () => stdin,
      line: async () => stdin.split('\n', 1)[0] ?? null,
    },
    stdout: output('stdout'),
    stderr: output('stderr'),
    timing: INSTANT,
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await runProgram(args, io, { fetch, random: { fraction: () => 0 } });
  return { code, ...written };
}

/** Runs a command line against an application in this process. */
export function runAgainst(app: AppClient, ...args: readonly string[]): Promise<Ran> {
  return runCommand(args, { fetch: fetchOf(app) });
}

const INSTANT: Timing = {
  elapsedMs: () => 0,
  wallMs: () => NOW_MS,
  after(_milliseconds, callback) {
    const timer = setImmediate(callback);
    return () => clearImmediate(timer);
  },
};

async function refuse(): Promise<Response> {
  throw new TypeError('connect ECONNREFUSED');
}

export function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}
