import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, onTestFinished } from 'vitest';
import { makeLastingFolder, makeTemporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
/** As `test/support/node/global-setup.ts` has built it; elsewhere the source. */
const ENTRY = process.env['TEST_SERVICE'] ?? join(ROOT, 'functions/node.ts');

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The Node entry in a process of its own. */
export interface Service {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  /** Settles with the first line, told already or yet to come, that is wanted; rejects at the exit. */
  line(wanted: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends the signal, and settles when the process is gone. */
  stop(signal: NodeJS.Signals): Promise<Exit>;
  readonly exit: Promise<Exit>;
}

interface ServiceOptions {
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder of its own where none is given. */
  readonly folder?: string;
  /** What runs the entry: the Node of the tests where nothing is given. */
  readonly command?: readonly [string, ...string[]];
  /** As whom it runs: that of the tests where nothing is given. */
  readonly uid?: number;
}

/** Runs the entry to its end: for what makes it refuse to start. */
export async function runEntry(options: ServiceOptions): Promise<Exit> {
  return exitOf(launch(options));
}

/** Starts the entry on a free port, and waits until it listens. Killed after the test if it still runs. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const folder = options.folder ?? (await makeTemporaryFolder());
  const service = await launchService({ ...options, folder });
  onTestFinished(async () => {
    await service.stop('SIGKILL');
  });
  return service;
}

/** One service for all tests of a file, called where the file describes them. */
export async function launchForFile(options: ServiceOptions = {}): Promise<Service> {
  const folder = await makeLastingFolder();
  const service = await launchService({ ...options, folder });
  afterAll(async () => {
    await service.stop('SIGTERM');
    await rm(folder, { recursive: true });
  });
  return service;
}

/** For a caller that stops it itself. */
export async function launchService(
  options: ServiceOptions & { readonly folder: string },
): Promise<Service> {
  const { folder } = options;
  const flags = ['--port', '0', '--state-dir', folder, ...(options.flags ?? [])];
  const child = launch({ ...options, flags });
  const exit = exitOf(child);
  const log = followLog(child, exit);
  const started = await log.line(line => typeof line['url'] === 'string');
  const url = String(started['url']);
  return {
    url,
    port: Number(new URL(url).port),
    folder,
    pid: child.pid ?? 0,
    line: log.line,
    stop(signal) {
      child.kill(signal);
      return exit;
    },
    exit,
  };
}

function launch({ flags = [], environment = {}, command, uid }: ServiceOptions): ChildProcess {
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    ...environment,
  };
  const [program, ...parameters] = command ?? [process.execPath, ENTRY];
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  const identity = uid === undefined ? {} : { uid, gid: uid };
  return spawn(program, [...parameters, ...flags], { cwd: ROOT, env, stdio, ...identity });
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      told[name] += chunk.toString('utf8');
    });
  }
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode, ...told };
}

function followLog(child: ChildProcess, exit: Promise<Exit>): { readonly line: Service['line'] } {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  if (child.stdout === null) throw new TypeError('The output of the process is not piped');
  createInterface({ input: child.stdout }).on('line', text => {
    const line: LogLine = JSON.parse(text);
    lines.push(line);
    for (const tell of waiting) tell(line);
  });
  return {
    line(wanted) {
      const known = lines.find(wanted);
      if (known !== undefined) return Promise.resolve(known);
      const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
      const tell = (line: LogLine) => {
        if (!wanted(line)) return;
        waiting.delete(tell);
        resolve(line);
      };
      waiting.add(tell);
      exit.then(({ stdout, stderr }) => reject(new Error(`It ended:\n${stdout}${stderr}`)), reject);
      return promise;
    },
  };
}
