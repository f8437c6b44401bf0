import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectTo } from '../../lib/stores/postgres/connection.ts';
import { freePort } from '../support/node/free-port.ts';
import { serverUser } from '../support/postgres/binaries.ts';
import { targetOf } from '../support/postgres/open-store.ts';

/*
 * node test/soak/postgres-restore.ts: a dump of a server that has given many numbers of transactions, restored on a new one that has given
 * few, while a service runs. Its address leads to the new server then. All jobs must be there, each waiting one be granted once, held ones go on, and what
 * is created, changed and deleted after it must be seen. Needs the programs of PostgreSQL in PG_BIN.
 */

const JOBS = 300;
const HELD = 10;
/** Numbers of transactions that the old server gives besides. */
const BURNT = 20_000;
const BIN = process.env['PG_BIN'] ?? '/usr/lib/postgresql/15/bin';
const user = serverUser();
const folder = mkdtempSync(join(tmpdir(), 'dalsegno-restore-'));
if (user !== null) chownSync(folder, user.uid, user.gid);

function run(program: string, ...flags: string[]): string {
  return execFileSync(join(BIN, program), flags, { ...user, cwd: folder, encoding: 'utf8' });
}

async function startServer(name: string): Promise<number> {
  const port = await freePort();
  run('initdb', '-D', name, '--auth=trust', '--username=admin', '--encoding=UTF8', '--locale=C');
  const options = `-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=50 -p ${port}`;
  run('pg_ctl', 'start', '-w', '-D', name, '-l', `${name}.log`, '-o', options);
  return port;
}

async function sql(port: number, text: string): Promise<string> {
  const connection = await connectTo(targetOf(`postgres://admin@127.0.0.1:${port}/postgres`));
  const [row] = await connection.run({ text, values: [] });
  await connection.end();
  return row?.[0] ?? '';
}

const [old, fresh] = [await startServer('old'), await startServer('fresh')];
/** The address of the database. */
let leadsTo = old;
const open = new Set<Socket>();
const address = createServer(client => {
  const server = connect(leadsTo, '127.0.0.1');
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    open.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
  }
}).listen(0, '127.0.0.1');
await once(address, 'listening');
const shared = address.address();
if (shared === null || typeof shared === 'string') throw new TypeError('No port');
const STORE = `postgres://admin@127.0.0.1:${shared.port}/postgres`;

async function startService(): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const port = await freePort();
  const flags = ['functions/node.ts', '--port', String(port), '--log-level', 'error'];
  const service = spawn(process.execPath, flags, {
    env: { ...process.env, STORE },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}/v1`;
  return { url, process: service };
}

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

async function ask(
  url: string,
  [method, path]: readonly [string, string],
  { body, token }: { readonly body?: unknown; readonly token?: string } = {},
): Promise<Answer> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (token !== undefined) headers['Lease-Token'] = token;
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    const answer = await fetch(`${url}${path}`, { method, headers, ...init });
    const text = await answer.text();
    const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: answer.status, json };
  } catch {
    return { status: 0, json: {} };
  }
}

/** Until it is answered with less than 500. Returns how long that took, too. */
async function insist(...call: Parameters<typeof ask>): Promise<Answer & { ms: number }> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask(...call);
    if (answer.status > 0 && answer.status < 500) {
      return { ...answer, ms: Math.round(performance.now() - startedAt) };
    }
    await pause(50);
  }
}

const faults: string[] = [];
function expectThat(what: string, found: unknown, expected: unknown): void {
  const isRight = JSON.stringify(found) === JSON.stringify(expected);
  console.log(`${isRight ? 'ok   ' : 'FAULT'} ${what}: ${JSON.stringify(found)}`);
  if (!isRight) faults.push(what);
}

const create = (url: string, job_id: string) =>
  insist(url, ['POST', '/jobs'], { body: { job_id, job_name: 'x', total_sheets: 2 } });
const claim = (url: string, wait_seconds = 0) =>
  insist(url, ['POST', '/claims'], { body: { holder: 'w', ttl_seconds: 3600, wait_seconds } });
const idIn = ({ json }: Answer): string => (json['lease'] as { job_id: string }).job_id;

const running = await startService();
const { url } = running;
await insist(url, ['GET', '/stats']);
await sql(
  old,
  `DO $$ BEGIN FOR n IN 1..${BURNT} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
);
for (let nth = 0; nth < JOBS; nth += 1) await create(url, `job-${nth}`);
const held = new Map<string, string>();
for (let nth = 0; nth < HELD; nth += 1) {
  const claimed = await claim(url);
  held.set(idIn(claimed), String(claimed.json['token']));
}
await insist(url, ['DELETE', '/jobs/job-200']);
const numberOf = 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text';
console.log(
  `old server: number ${await sql(old, numberOf)}, new one: ${await sql(fresh, numberOf)}`,
);

const at = ['-h', '127.0.0.1', '-U', 'admin', '-d', 'postgres'];
run('pg_dump', ...at, '-p', String(old), '-n', 'dalsegno', '-f', join(folder, 'jobs.sql'));
const restoredAt = performance.now();
run(
  'psql',
  ...at,
  '-p',
  String(fresh),
  '-q',
  '-v',
  'ON_ERROR_STOP=1',
  '-f',
  join(folder, 'jobs.sql'),
);
console.log(
  `restored in ${Math.round(performance.now() - restoredAt)} ms, number ${await sql(fresh, numberOf)}`,
);
run('pg_ctl', 'stop', '-D', 'old', '-m', 'immediate');
leadsTo = fresh;
for (const socket of open) socket.destroy();

const first = await create(url, 'after-1');
expectThat('a new job', first.status, 201);
console.log(`written ${first.ms} ms after the old server was stopped`);
const other = await startService();
const stats = await insist(url, ['GET', '/stats']);
expectThat('jobs', stats.json['total'], JOBS);
for (const [id, token] of held) {
  const update = { body: { status: 'completed' }, token };
  const { status } = await insist(url, ['PUT', `/jobs/${id}/sheets/1`], update);
  if (status !== 200) faults.push(`the holder of ${id}: ${status}`);
}
expectThat('holders that went on', HELD - faults.length, HELD);
await insist(url, ['DELETE', '/jobs/job-201']);
await insist(other.url, ['DELETE', '/jobs/job-202']);
const granted: string[] = [];
for (let nth = 0; ; nth += 1) {
  const claimed = await claim(nth % 2 === 0 ? url : other.url);
  if (claimed.status !== 201) break;
  granted.push(idIn(claimed));
}
expectThat('grants of the two services', granted.length, JOBS - HELD - 2);
expectThat('jobs that were granted', new Set(granted).size, granted.length);
expectThat(
  'deleted jobs that were granted',
  granted.filter(id => /^job-20[012]$/.test(id)),
  [],
);
for (const service of [url, other.url]) {
  // Those that the other one granted since are known by the numbers of their rows alone.
  const { json } = await insist(service, ['GET', '/stats']);
  const { live } = json['leases'] as { live: number };
  expectThat('leases that a service sees', live, HELD + granted.length);
}
const waiting = claim(url, 20);
await pause(300);
await create(other.url, 'after-2');
expectThat('a claim that waited at the other service', idIn(await waiting), 'after-2');

console.log(faults.length === 0 ? 'nothing was lost' : faults.join('\n'));
for (const service of [running, other]) service.process.kill('SIGKILL');
address.close();
run('pg_ctl', 'stop', '-D', 'fresh', '-m', 'immediate');
rmSync(folder, { recursive: true, force: true });
process.exitCode = faults.length === 0 ? 0 : 1;
