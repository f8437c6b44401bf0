import { setTimeout as wait } from 'node:timers/promises';
import { aState } from '../support/state.ts';
import { type ServerProcess, startService } from './http/server-process.ts';
import { makeFolder, removeFolder } from './jobs/folder.ts';

/*
 * How long `/healthz` waits while bodies of megabytes are taken in: `node test/bench/stall.ts`. Each body is sent
 * as a create and as a save, and what came of it is read again.
 */

const MB = 1_000_000;
const HEAD = '"job_name":"x","total_sheets":10000';
const POLL_MS = 10;

function sheets(count: number): string {
  return Array.from({ length: count }, (_, at) => `"${at + 1}":{"sheet_num":${at + 1}}`).join();
}

const keys = (count: number) => Array.from({ length: count }, (_, at) => `"k${at}":1`).join();

const BODIES: readonly (readonly [string, string])[] = [
  ['a million sheets', `"sheets":{${sheets(MB)}}`],
  ['ten thousand sheets', `"sheets":{${sheets(10_000)}}`],
  ['a million sheets under another key', `"other":{${sheets(MB)}}`],
  ['a million keys', `"config_snapshot":{${keys(MB)}}`],
  ['65,000 unknown members', keys(65_000)],
  ['a million numbers', `"config_snapshot":{"a":[${'1,'.repeat(MB)}1]}`],
  ['a million faults', `"instruments_used":[${'1,'.repeat(MB)}1]`],
  ['brackets within brackets', `"a":[${`${'['.repeat(150)}${']'.repeat(150)},`.repeat(100_000)}1]`],
  ['a text of 30 MB', `"error_message":"${'a'.repeat(30 * MB)}"`],
  ['escaped quotes', `"error_message":"${'\\"'.repeat(15 * MB)}"`],
  ['an integer of 30 million digits', `"pid":"${'9'.repeat(30 * MB)}"`],
  ['line breaks before a fault', `"a":1${'\n'.repeat(30 * MB)}x`],
];

const folder = await makeFolder();
const server = await startService(`${folder}/state`, `${folder}/log`);
try {
  await warmUp(server);
  for (const [name, rest] of BODIES) await report(server, name, rest);
} finally {
  await server.stop();
  await removeFolder(folder);
}

async function warmUp(service: ServerProcess): Promise<void> {
  for (let index = 0; index < 5; index++) {
    await ask(service, 'POST', '/v1/jobs', JSON.stringify(aState({ job_id: `warm-${index}` })));
    await ask(service, 'GET', '/healthz');
  }
}

async function report(service: ServerProcess, name: string, rest: string): Promise<void> {
  const jobId = `job-${name.replaceAll(/[^a-z0-9]/g, '-')}`;
  const body = `{"job_id":"${jobId}",${HEAD},${rest}}`;
  const path = `/v1/jobs/${jobId}`;
  let runs = true;
  const longest = poll(service, () => runs);
  const created = await ask(service, 'POST', '/v1/jobs', body);
  const saved = await ask(service, 'PUT', path, body);
  const update = await ask(service, 'PUT', `${path}/sheets/1`, '{"status":"completed"}');
  const loaded = await ask(service, 'GET', path);
  runs = false;
  const milliseconds = Math.round(await longest);
  const statuses = [created, saved, update, loaded].join(' ');
  console.log(`${name.padEnd(36)} ${statuses}  /healthz waited ${milliseconds} ms at most`);
}

async function poll(service: ServerProcess, runs: () => boolean): Promise<number> {
  let longest = 0;
  while (runs()) {
    const startedAt = performance.now();
    await ask(service, 'GET', '/healthz');
    longest = Math.max(longest, performance.now() - startedAt);
    await wait(POLL_MS);
  }
  return longest;
}

async function ask(
  { port }: ServerProcess,
  method: string,
  path: string,
  body?: string,
): Promise<number> {
  const headers = { 'Content-Type': 'application/json', 'If-Match': '*', Prefer: 'return=minimal' };
  const init = body === undefined ? { method } : { method, body, headers };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
  await answer.arrayBuffer();
  return answer.status;
}
