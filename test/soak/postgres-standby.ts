import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectTo } from '../../lib/stores/postgres/connection.ts';
import { freePort } from '../support/node/free-port.ts';
import { serverUser } from '../support/postgres/binaries.ts';
import { targetOf } from '../support/postgres/open-store.ts';

/*
 * node test/soak/postgres-standby.ts async|sync [CUT_MS]: a primary with a streaming standby, 16 clients that create jobs, SIGKILL of the
 * primary, promotion of the standby. The service reaches both by one address, as behind a virtual one. With CUT_MS the standby is
 * down for so long before. Prints what was acknowledged and lost. Needs the programs of PostgreSQL 14 or later in PG_BIN.
 */

const [mode = 'async', cut = '0'] = process.argv.slice(2);
const BIN = process.env['PG_BIN'] ?? '/usr/lib/postgresql/15/bin';
const user = serverUser();
const folder = mkdtempSync(join(tmpdir(), 'dalsegno-standby-'));
if (user !== null) chownSync(folder, user.uid, user.gid);

function run(program: string, ...flags: string[]): string {
  return execFileSync(join(BIN, program), flags, { ...user, cwd: folder, encoding: 'utf8' });
}

function startServer(name: string, port: number): void {
  const options = `-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=50 -p ${port}`;
  run('pg_ctl', 'start', '-w', '-D', name, '-l', `${name}.log`, '-o', options);
}

async function sql(port: number, text: string): Promise<readonly (string | null)[]> {
  const connection = await connectTo(targetOf(`postgres://admin@127.0.0.1:${port}/postgres`));
  const [row] = await connection.run({ text, values: [] });
  await connection.end();
  return row ?? [];
}

const [primary, standby] = [await freePort(), await freePort()];
mkdirSync(join(folder, 'server'));
run('initdb', '-D', 'primary', '--auth=trust', '--username=admin', '--encoding=UTF8', '--locale=C');
startServer('primary', primary);
const source = `host=127.0.0.1 port=${primary} user=admin application_name=standby`;
run('pg_basebackup', '-D', 'standby', '-R', '-X', 'stream', '-c', 'fast', '-d', source);
startServer('standby', standby);
if (mode === 'sync') {
  await sql(primary, `ALTER SYSTEM SET synchronous_standby_names = 'standby'`);
  await sql(primary, 'SELECT pg_reload_conf()');
}
const replication = 'SELECT application_name, state, sync_state FROM pg_stat_replication';
while ((await sql(primary, replication))[2] !== mode) await pause(100);

/** The address of the database: its connections lead to the server that is the primary. */
let leadsTo = primary;
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

const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const service: ChildProcess = spawn(
  process.execPath,
  ['functions/node.ts', '--port', String(port), '--log-level', 'error'],
  {
    env: { ...process.env, STORE: `postgres://admin@127.0.0.1:${shared.port}/postgres` },
    stdio: 'ignore',
  },
);

async function statusOf(method: string, path: string, body?: unknown): Promise<number> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'Content-Type': 'application/json' };
  const signal = AbortSignal.timeout(15_000);
  try {
    const answer = await fetch(`${url}${path}`, { method, headers, signal, ...init });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

const acknowledged: string[] = [];
let created = 0;
const stop = new AbortController();

async function create(): Promise<number> {
  created += 1;
  const job_id = `j${created}`;
  const status = await statusOf('POST', '/v1/jobs', { job_id, job_name: 'x', total_sheets: 1 });
  if (status === 201) acknowledged.push(job_id);
  return status;
}

async function work(): Promise<void> {
  while (!stop.signal.aborted) await create();
}

while ((await statusOf('GET', '/readyz')) !== 200) await pause(100);
const workers = Array.from({ length: 16 }, work);
await pause(4_000);
const primaryFile = readFileSync(join(folder, 'primary/postmaster.pid'), 'utf8');
if (Number(cut) > 0) {
  run('pg_ctl', 'stop', '-D', 'standby', '-m', 'immediate');
  await pause(Number(cut));
}
process.kill(Number(primaryFile.split('\n')[0]), 'SIGKILL');
if (Number(cut) > 0) startServer('standby', standby);
const killedAt = Date.now();
stop.abort();
await Promise.all(workers);
const before = acknowledged.length;
// Before the promotion: the address leads to a server that only reads.
leadsTo = standby;
for (const socket of open) socket.destroy();
const toStandby = [
  await statusOf('GET', '/readyz'),
  await create(),
  await statusOf('GET', '/v1/jobs'),
];
run('pg_ctl', 'promote', '-w', '-D', 'standby');
const promotedAt = Date.now();
while ((await create()) !== 201) await pause(100);
const workingAt = Date.now();
const lost: string[] = [];
for (const id of acknowledged) {
  if ((await statusOf('GET', `/v1/jobs/${id}`)) === 404) lost.push(id);
}
console.log(
  `${mode}, standby down for ${cut} ms: ${before} acknowledged before the kill, ${lost.length} lost; on the standby /readyz, a create and a list are ${toStandby.join(', ')}; it works ${workingAt - promotedAt} ms after the promotion, which took ${promotedAt - killedAt} ms`,
);
const gone = once(service, 'exit');
service.kill('SIGKILL');
await gone;
address.close();
for (const socket of open) socket.destroy();
run('pg_ctl', 'stop', '-D', 'standby', '-m', 'immediate');
rmSync(folder, { recursive: true });
