import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { connectTo } from '../../lib/stores/postgres/connection.ts';
import { serverUser } from '../support/postgres/binaries.ts';
import { targetOf } from '../support/postgres/open-store.ts';
import { startPostgres } from '../support/postgres/server.ts';

/*
 * node test/soak/postgres-full.ts data|all FOLDER: fills a real disk. FOLDER is on a file system of some 150 MB that nothing else uses, for
 * example `mount -t tmpfs -o size=150m none FOLDER`. With `data` only the tables are there, with `all` the log of the server too, which
 * then ends. Fails if anything acknowledged is lost, or if the service does not work again when there is room.
 */

const [kind = 'data', folder = ''] = process.argv.slice(2);
const ballast = join(folder, 'ballast');
writeFileSync(ballast, Buffer.alloc(24 * 1024 * 1024));
const small = {
  max_wal_size: '32MB',
  min_wal_size: '32MB',
  checkpoint_timeout: '30s',
  fsync: 'on',
};
const database = await startPostgres(kind === 'all' ? folder : tmpdir(), small);
if (kind === 'data') {
  const place = join(folder, 'tables');
  mkdirSync(place);
  const user = serverUser();
  if (user !== null) chownSync(place, user.uid, user.gid);
  const connection = await connectTo(targetOf(database.url));
  await connection.run({ text: `CREATE TABLESPACE small LOCATION '${place}'`, values: [] });
  await connection.run({ text: 'ALTER ROLE admin SET default_tablespace = small', values: [] });
  await connection.end();
}
const service = spawn(process.execPath, ['functions/node.ts', '--port', '0'], {
  env: { ...process.env, STORE: database.url, MAX_BODY_BYTES: '4000000' },
  stdio: ['ignore', 'pipe', 'pipe'],
});
const { promise: url, resolve } = Promise.withResolvers<string>();
const messages = new Set<string>();
for (const stream of [service.stdout, service.stderr]) {
  createInterface({ input: stream }).on('line', line => {
    const at = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
    if (at !== undefined) resolve(at);
    const cause = /No space left on device|ECONNREFUSED|terminat\w+|in recovery mode/.exec(line);
    if (cause !== null) messages.add(cause[0]);
  });
}
const base = await url;

async function statusOf(method: string, path: string, body?: unknown): Promise<number> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}${path}`, { method, headers, ...init });
  await answer.arrayBuffer();
  return answer.status;
}

async function create(number: number): Promise<number> {
  const description = randomBytes(300_000).toString('base64');
  const job = { job_id: `j${number}`, job_name: 'full', total_sheets: 1, config: { description } };
  return statusOf('POST', '/v1/jobs', job);
}

const acknowledged: number[] = [];
let number = 0;
let refusals = 0;
while (refusals < 5) {
  number += 1;
  const began = Date.now();
  const status = await create(number);
  if (status === 201) acknowledged.push(number);
  else {
    refusals += 1;
    console.log(`job ${number}: ${status} after ${Date.now() - began} ms`);
  }
}
const read = await statusOf('GET', '/v1/jobs/j1');
const ready = await statusOf('GET', '/readyz');
console.log(`full after ${acknowledged.length} jobs: a read ${read}, /readyz ${ready}`);
rmSync(ballast);
if (kind === 'all' && read !== 200) {
  await database.kill().catch(() => {});
  await database.start();
}
const began = Date.now();
while ((await create((number += 1))) !== 201) await pause(200);
acknowledged.push(number);
console.log(
  `works ${Date.now() - began} ms after there was room; causes: ${[...messages].join(', ')}`,
);
const lost: number[] = [];
for (const one of acknowledged) {
  if ((await statusOf('GET', `/v1/jobs/j${one}`)) !== 200) lost.push(one);
}
console.log(`${acknowledged.length} acknowledged, ${lost.length} lost`);
const gone = once(service, 'exit');
service.kill('SIGKILL');
await gone;
await database.stop();
process.exitCode = lost.length === 0 ? 0 : 1;
