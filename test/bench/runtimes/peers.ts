import { execFile } from 'node:child_process';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildWorker } from '../../entries/cloudflare-bundle.ts';
import { type ServerProcess, startServer } from '../http/server-process.ts';
import type { RuntimeName } from '../measure/figure.ts';

/** The service and bare Hono, each in a process of its own on the same runtime. */
export interface Peers {
  readonly service: ServerProcess;
  readonly bare: ServerProcess;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const HERE = import.meta.dirname;
const DENO = join(ROOT, 'node_modules/.bin/deno');
const DENO_FLAGS = ['--unstable-kv', '--unstable-cron', '--allow-all'];

/** Both with stores of their own below the folder. */
export async function startPeers(runtime: RuntimeName, folder: string): Promise<Peers> {
  const started: ServerProcess[] = [];
  const start = async (name: string, launch: Launcher) => {
    const server = await launch(`${folder}/${name}`, `${folder}/${name}.log`);
    started.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(started.map(server => server.stop()));
  };
  try {
    const { service, bare } = await launchersOf(runtime, folder);
    return { service: await start('service', service), bare: await start('bare', bare), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Launcher = (stateDir: string, logFile: string) => Promise<ServerProcess>;

async function launchersOf(
  runtime: RuntimeName,
  folder: string,
): Promise<Readonly<Record<'service' | 'bare', Launcher>>> {
  switch (runtime) {
    case 'node':
      return {
        service: onNode(join(ROOT, 'functions/node.ts'), stateDir => [
          '--port',
          '0',
          '--state-dir',
          stateDir,
        ]),
        bare: onNode(join(HERE, 'bare-node.ts'), stateDir => [stateDir]),
      };
    case 'deno':
      return {
        service: onDeno(join(ROOT, 'functions/deno.ts')),
        bare: onDeno(join(HERE, 'bare-deno.ts')),
      };
    case 'workerd':
      return {
        service: inWorkerd(await serviceScript(folder)),
        bare: inWorkerd(await bareScript(folder)),
      };
    default:
      return runtime satisfies never;
  }
}

function onNode(entry: string, argsFor: (stateDir: string) => readonly string[]): Launcher {
  return (stateDir, logFile) => startServer({ args: [entry, ...argsFor(stateDir)], logFile });
}

function onDeno(entry: string): Launcher {
  return (stateDir, logFile) =>
    startServer({
      program: DENO,
      args: ['run', ...DENO_FLAGS, entry, stateDir],
      environment: {
        DENO_NO_UPDATE_CHECK: '1',
        DEVELOPMENT: 'true',
        PORT: '0',
        STATE_DIR: stateDir,
      },
      logFile,
    });
}

function inWorkerd(script: string): Launcher {
  return (stateDir, logFile) =>
    startServer({ args: [join(HERE, 'worker-host.ts'), script, stateDir], logFile });
}

async function serviceScript(folder: string): Promise<string> {
  const path = `${folder}/service.js`;
  await writeFile(path, (await buildWorker()).script);
  return path;
}

async function bareScript(folder: string): Promise<string> {
  const built = `${folder}/built`;
  const flags = ['--name', 'bare', '--compatibility-date', '2026-10-30', '--outdir', built];
  await run('wrangler', ['deploy', join(HERE, 'bare-worker.ts'), '--dry-run', ...flags], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
  });
  const script = (await readdir(built)).find(name => name.endsWith('.js'));
  if (script === undefined) throw new Error('The bare Worker was not built');
  await rename(`${built}/${script}`, `${folder}/bare.js`);
  return `${folder}/bare.js`;
}
