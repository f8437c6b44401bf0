import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../node/free-port.ts';
import { installServer, serverUser } from './binaries.ts';

/** A PostgreSQL server on loopback. */
export interface PostgresServer {
  readonly port: number;
  /** With the name and password of the administrator. */
  readonly url: string;
  /** Ends it at once, as a crash does. Settles when it is gone. */
  kill(): Promise<void>;
  /** After `kill()`: on the same port, with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const START_MILLISECONDS = 60_000;
const MOST_PORTS = 10;
/** What keeps it from starting for a moment: its old processes, or another process at its port. */
const IN_USE = /FATAL.*(?:still in use|could not create any TCP\/IP sockets)/;
/** Runs the server, and ends it when the process that started it is gone: then its standard input ends. */
const GUARD =
  '"$@" </dev/null & server=$!; read -r ignored; kill -QUIT $server 2>/dev/null; wait $server';
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  shared_preload_libraries: 'pg_stat_statements',
  // Each test has a schema, and so statements of its own.
  'pg_stat_statements.max': '50000',
  // The data does not outlive the run, and a crash of the server alone takes away nothing that the system has.
  fsync: 'off',
};

const run = promisify(execFile);

/** Starts a server with its data in a folder of the given one. Rejects where that takes longer than a minute. */
export async function startPostgres(
  parent: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const user = serverUser();
  const folder = join(parent, `dalsegno-postgres-${process.pid}-${nextNumber()}`);
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true, mode: 0o755 });
  if (user !== null) chownSync(data, user.uid, user.gid);
  const binaries = join(installServer(folder, user), 'bin');
  const flags = ['--auth=trust', '--username=admin', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(join(binaries, 'initdb'), ['--pgdata', data, ...flags], { ...user, cwd: data });
  let port = await freePort();
  let guard: ChildProcess | null = null;

  /** Between the look for a free port and the start another process may take it, the longer the machine takes. */
  async function startFirst(): Promise<void> {
    for (let tries = 1; !(await isReady()); tries += 1) {
      if (tries === MOST_PORTS) throw new Error('The PostgreSQL server of the tests gets no port');
      port = await freePort();
    }
  }

  /** After a kill the processes of the old server take a moment to end, and longer on a busy machine. */
  async function start(): Promise<void> {
    const lastTryAtMs = performance.now() + START_MILLISECONDS;
    while (!(await isReady())) {
      if (performance.now() > lastTryAtMs)
        throw new Error('The old PostgreSQL server does not end');
      await pause(100);
    }
  }

  /** False where processes of the old server are still there, or the port is taken. */
  async function isReady(): Promise<boolean> {
    const all = { ...SETTINGS, ...settings, port: String(port) };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [join(binaries, 'postgres'), '-D', data, ...options];
    guard = spawn('sh', ['-c', GUARD, 'guard', ...command], {
      ...user,
      cwd: data,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const started = guard;
    if ((await readiness(started)) === 'ready') return true;
    const gone = once(started, 'exit');
    started.stdin?.end();
    await gone;
    return false;
  }

  /** The first line of its file is the number of the process. */
  function serverPid(): number {
    return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  async function end(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    if (guard === null) return;
    const gone = guard.exitCode === null ? once(guard, 'exit') : Promise.resolve();
    process.kill(serverPid(), signal);
    guard.stdin?.end();
    await gone;
    guard = null;
  }

  await startFirst();
  return {
    port,
    url: `postgres://admin@127.0.0.1:${port}/postgres`,
    kill: () => end('SIGKILL'),
    start,
    async stop() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let started = 0;

function nextNumber(): number {
  started += 1;
  return started;
}

/** Settles when the server says that it accepts connections, or that its data or its port is in use. */
async function readiness(guard: ChildProcess): Promise<'ready' | 'in-use'> {
  const { promise, resolve, reject } = Promise.withResolvers<'ready' | 'in-use'>();
  if (guard.stderr === null) throw new TypeError('The server has no output');
  const said: string[] = [];
  const fail = (reason: string): void => reject(new Error(`${reason}:\n${said.join('\n')}`));
  const timer = setTimeout(() => {
    guard.stdin?.end();
    fail('The PostgreSQL server of the tests does not start');
  }, START_MILLISECONDS);
  guard.once('exit', () => fail('The PostgreSQL server of the tests has ended'));
  createInterface({ input: guard.stderr }).on('line', line => {
    // It goes on to write, and nobody reads that: a full pipe would stop it.
    if (said.length < 50) said.push(line);
    if (line.includes('ready to accept connections')) resolve('ready');
    if (IN_USE.test(line)) resolve('in-use');
  });
  return promise.finally(() => clearTimeout(timer));
}
