import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { launchForFile } from '../node/service.ts';

const run = promisify(execFile);
const BIN = join(import.meta.dirname, '../../functions/cli/bin.js');
const service = await launchForFile();

const env = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  DALSEGNO_URL: service.url,
};

/** Writes the URL of every module that is loaded. */
const TRACER = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });
`)}`;

async function dalsegno(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [BIN, ...args], { env })).stdout;
}

/** Starts a command that goes on until it is stopped. */
function start(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

describe('the command dalsegno', () => {
  it('works with a service as a person would', async () => {
    expect(await dalsegno('create', 'etl-1', '--sheets', '2')).toBe(
      'created etl-1 with 2 sheets\n',
    );
    expect(await dalsegno('jobs')).toMatch(/^etl-1 +etl-1 +pending +waiting +0\/2 /m);
    expect(await dalsegno('why', 'etl-1', '--json')).toMatch(/"standing":"waiting"/);
    await expect(dalsegno('show', 'nope')).rejects.toMatchObject({ code: 3, stdout: '' });
  });

  it('ends quietly where the reader has gone', async () => {
    const script = `'${process.execPath}' '${BIN}' jobs --help | true; printf '%s' "\${PIPESTATUS[0]}" >&2`;
    const { stderr } = await run('bash', ['--norc', '-c', script], { env });
    expect(stderr).toBe('0');
  });

  it('ends with 130 by Ctrl-C', async () => {
    const watching = start('watch', '--interval', '60');
    const { stdout } = watching;
    if (stdout !== null) await once(stdout, 'data');
    watching.kill('SIGINT');
    expect(await once(watching, 'exit')).toEqual([130, null]);
  });

  it('loads neither the service nor the client for its help', async () => {
    const traced = await run(process.execPath, ['--import', TRACER, BIN, '--help'], { env });
    const loaded = traced.stderr.split('\n').filter(line => line.startsWith('loaded '));
    expect(loaded.some(line => line.includes('functions/cli/program.ts'))).toBe(true);
    expect(loaded.filter(line => /zod|hono|lib\/(?:client|service|stores)\//.test(line))).toEqual(
      [],
    );
  });
});
