import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { aState } from '../support/state.ts';
import { makeFolder, removeFolder } from './jobs/folder.ts';
import { stateBody } from './jobs/state.ts';

/*
 * What the Node process holds, over time: `node test/bench/memory.ts`. Resident memory as it is, and after a
 * collection of garbage, of updates with much output and of lists of many files. Linux alone, for it reads /proc.
 */

const ENTRY = fileURLToPath(new URL('../../functions/node.ts', import.meta.url));
const COLLECT = "data:text/javascript,process.on('SIGUSR2',()=>{gc();gc()})";
const MB = 1024 * 1024;
const SHEETS_OF_A_JOB = 100;

interface Service {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '1000' },
    megabytes: { type: 'string', default: '10' },
    files: { type: 'string', default: '100000' },
    'file-bytes': { type: 'string', default: '14000' },
  },
});

const asked = Number(values.updates);
if (asked > 0) await ofFinalUpdates(asked, Number(values.megabytes));
if (asked > 0) await ofRunningSheets(asked, Number(values.megabytes));
if (Number(values.files) > 0) await ofLists(Number(values.files), Number(values['file-bytes']));

/** Jobs of one sheet, each leased and completed with much output. */
async function ofFinalUpdates(updates: number, megabytes: number): Promise<void> {
  await withService(async service => {
    const stdout = 'x'.repeat(megabytes * MB);
    await report(service, 'before any update');
    for (let done = 1; done <= updates; done++) {
      const jobId = `final-${done}`;
      await ask(service, 'POST', '/v1/jobs', { json: aState({ job_id: jobId, total_sheets: 1 }) });
      const headers = await lease(service, jobId);
      await update(service, `/v1/jobs/${jobId}/sheets/1`, { headers, stdout });
      if (isReported(done, updates))
        await report(service, `${done} final updates of ${megabytes} MB`);
    }
  });
}

/** Jobs of many sheets, each completed with much output, and none of the jobs with its last. */
async function ofRunningSheets(updates: number, megabytes: number): Promise<void> {
  await withService(async service => {
    const stdout = 'x'.repeat(megabytes * MB);
    let jobId = '';
    let headers: Record<string, string> = {};
    for (let done = 1; done <= updates; done++) {
      const sheet = ((done - 1) % SHEETS_OF_A_JOB) + 1;
      if (sheet === 1) {
        jobId = `running-${done}`;
        const json = aState({ job_id: jobId, total_sheets: SHEETS_OF_A_JOB + 1 });
        await ask(service, 'POST', '/v1/jobs', { json });
        headers = await lease(service, jobId);
      }
      await update(service, `/v1/jobs/${jobId}/sheets/${sheet}`, { headers, stdout });
      if (isReported(done, updates))
        await report(service, `${done} running updates of ${megabytes} MB`);
    }
  });
}

async function ofLists(files: number, fileBytes: number): Promise<void> {
  const folder = await makeFolder();
  try {
    await withService(async idle => {
      await ask(idle, 'GET', '/v1/jobs', {});
      await report(idle, 'an empty folder, listed');
    });
    writeFiles(`${folder}/state`, files, fileBytes);
    await withService(async service => {
      await ask(service, 'GET', '/v1/jobs', {});
      for (let list = 1; list <= 3; list++) {
        await ask(service, 'GET', '/v1/jobs?limit=1000', {});
        await report(service, `${files} files of ${fileBytes} bytes, list ${list}`);
      }
    }, `${folder}/state`);
  } finally {
    await removeFolder(folder);
  }
}

function writeFiles(folder: string, count: number, fileBytes: number): void {
  mkdirSync(folder, { recursive: true });
  const small = new TextDecoder().decode(stateBody('template', { sheets: 0 }));
  const filler = 'f'.repeat(Math.max(0, fileBytes - small.length - 24));
  const [head = '', tail = ''] = small
    .replace(/\n\}$/, `,\n  "zz_filler": "${filler}"\n}`)
    .split('"template"');
  for (let index = 0; index < count; index++) {
    const jobId = `job-${String(index).padStart(6, '0')}`;
    writeFileSync(`${folder}/${jobId}.json`, `${head}"${jobId}"${tail}`);
  }
}

function isReported(done: number, updates: number): boolean {
  return done === 10 || done === updates || done % Math.ceil(updates / 5) === 0;
}

async function lease(service: Service, jobId: string): Promise<Record<string, string>> {
  const json = { holder: 'bench', ttl_seconds: 3600 };
  const text = await ask(service, 'POST', `/v1/jobs/${jobId}/lease`, { json });
  const { token }: { token: string } = JSON.parse(text);
  return { 'Lease-Token': token };
}

async function update(
  service: Service,
  path: string,
  { headers, stdout }: { headers: Record<string, string>; stdout: string },
): Promise<void> {
  await ask(service, 'PUT', path, { json: { status: 'completed', stdout }, headers });
}

async function ask(
  { url }: Service,
  method: string,
  path: string,
  { json, headers = {} }: { json?: unknown; headers?: Record<string, string> },
): Promise<string> {
  const init = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await fetch(`${url}${path}`, {
    method,
    ...init,
    headers: { 'Content-Type': 'application/json', Prefer: 'return=minimal', ...headers },
  });
  const text = await answer.text();
  if (!answer.ok)
    throw new Error(`${method} ${path} was a ${answer.status}: ${text.slice(0, 500)}`);
  return text;
}

async function withService(
  task: (service: Service) => Promise<void>,
  stateDir?: string,
): Promise<void> {
  const folder = await makeFolder();
  const service = await start(stateDir ?? `${folder}/state`);
  try {
    await task(service);
  } finally {
    await service.stop();
    await removeFolder(folder);
  }
}

async function start(stateDir: string): Promise<Service> {
  const flags = ['--port', '0', '--state-dir', stateDir, '--log-level', 'info'];
  const args = ['--expose-gc', '--import', COLLECT, ENTRY, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const { promise, resolve } = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', line => {
    const url = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(line)?.[0];
    if (url !== undefined) resolve(url);
  });
  return {
    url: await promise,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function report({ pid }: Service, what: string): Promise<void> {
  const before = residentBytes(pid);
  process.kill(pid, 'SIGUSR2');
  await wait(2000);
  const after = residentBytes(pid);
  console.log(`${what.padEnd(48)} ${inMb(before)} MB, collected ${inMb(after)} MB`);
}

function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function inMb(bytes: number): string {
  return (bytes / MB).toFixed(0).padStart(5);
}
