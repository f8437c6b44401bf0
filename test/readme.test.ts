import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFetch } from '../functions/app.ts';
import { systemClock } from '../lib/base/clock.ts';
import { systemRandom } from '../lib/base/random.ts';
import { ok } from '../lib/failure.ts';
import { createRepository } from '../lib/service/service.ts';
import { createProcessMemory } from '../lib/storage/process-memory.ts';
import { createMemoryStore } from '../lib/stores/memory.ts';

const run = promisify(execFile);
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

interface Call {
  readonly command: string;
  readonly shown: string;
}

const sessions = [...readme.matchAll(/```console\n([^`]*)```/g)].map(([, session = '']) =>
  session.split(/^\$ /m).slice(1).map(callIn),
);

function callIn(text: string): Call {
  const [command = '', ...shown] = text.trimEnd().split('\n');
  return { command, shown: shown.join('\n') };
}

/** Times, versions, ids and secrets differ from run to run. */
function steady(answer: string): string {
  return answer
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/"version":"[^"]*"/g, '"version":"<version>"')
    .replaceAll(/"(lease|request)_id":"[^"]*"/g, '"$1_id":"<id>"')
    .replaceAll(/"token":"[^"]*"/g, '"token":"<token>"')
    .replaceAll(/in [\d.]+ s/g, 'in <n> s')
    .replaceAll(/[\d.]+ s ago/g, '<n> s ago');
}

describe('the sessions in the README', () => {
  const repository = createRepository({
    store: createMemoryStore(),
    clock: systemClock,
    random: systemRandom,
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
  });
  const fetch = createFetch({
    ...repository,
    bodyLimitBytes: 1 << 20,
    access: null,
    doctorKeys: 1001,
  });
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' });
  const folder = mkdtempSync(join(tmpdir(), 'dalsegno-readme-'));

  beforeAll(async () => {
    if (!server.listening) await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('are two', () => {
    expect(sessions.map(({ length }) => length > 5)).toEqual([true, true]);
  });

  // Each session is one shell, for a variable that is set in one line is used in another.
  it.each(sessions.map((calls, index) => ({ calls, nth: index + 1 })))(
    'answer as printed, session $nth',
    async ({ calls }) => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const script = calls.map(({ command }) => `${command}\nprintf '\\036'`).join('\n');
      const { stdout } = await run('sh', ['-c', script.replaceAll(':8787', `:${port}`)], {
        cwd: folder,
      });
      const answers = stdout.split('\x1e').slice(0, -1);
      expect(answers.map(answer => steady(answer.trim()))).toEqual(
        calls.map(({ shown }) => steady(shown)),
      );
    },
  );
});

describe('the worker in the README', () => {
  it('plays a job to its end, and gives back what it holds when it is told to stop', async () => {
    const example = /```ts\n([^`]*`[^`]*`[^`]*)```/.exec(readme)?.[1] ?? '';
    const repository = createRepository({
      store: createMemoryStore(),
      clock: systemClock,
      random: systemRandom,
      memory: createProcessMemory({ cacheBytes: 1 << 20 }),
    });
    const service = createFetch({
      ...repository,
      bodyLimitBytes: 1 << 20,
      access: null,
      doctorKeys: 1001,
    });
    const job = JSON.stringify({ job_id: 'etl-8', job_name: 'Import', total_sheets: 2 });
    await repository.jobs.create(new TextEncoder().encode(job), {
      allow: () => ok(null),
      key: null,
    });
    const last = Promise.withResolvers<void>();
    const server = serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request: Request) {
        const answer = await service(request);
        const text = await answer.clone().text();
        if (text.includes('"next_sheet":null')) last.resolve();
        return answer;
      },
    });
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const script = `const importSheet = async () => 12;\n${example.replace(':8787', `:${port}`)}`;
    const worker = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    const exit = once(worker, 'exit');
    await last.promise;
    worker.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    server.close();
    const state = await service(new Request('http://localhost/v1/jobs/etl-8'));
    expect(await state.json()).toMatchObject({
      status: 'completed',
      sheets: { 2: { stdout_tail: '12 rows' } },
    });
  });
});
