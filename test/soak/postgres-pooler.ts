import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ABSENT } from '../../lib/store.ts';
import type { SqlRow } from '../../lib/stores/postgres/client.ts';
import { connectTo } from '../../lib/stores/postgres/connection.ts';
import { freePort } from '../support/node/free-port.ts';
import { serverUser } from '../support/postgres/binaries.ts';
import { openClient, openStore, targetOf } from '../support/postgres/open-store.ts';
import { startPostgres } from '../support/postgres/server.ts';

/*
 * node test/soak/postgres-pooler.ts: SIGKILL of one process of a PostgreSQL server behind PgBouncer (a package of Debian), which ends all
 * others and starts them again. Fails where a follower of the store does not see that, and so does not find what has a number that it had
 * read already.
 */

const server = await startPostgres(tmpdir());
const target = targetOf(server.url);
const folder = mkdtempSync(join(tmpdir(), 'dalsegno-pooler-'));
const port = await freePort();
const pooler = startPooler();

function startPooler(): ChildProcess {
  const config = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `postgres = host=127.0.0.1 port=${target.port} dbname=postgres user=admin`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 5',
    'server_login_retry = 1',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  chmodSync(folder, 0o755);
  return spawn('pgbouncer', ['--quiet', config], { ...serverUser(), cwd: '/', stdio: 'inherit' });
}

/** On the server itself, in a session of its own. */
async function sql(text: string): Promise<readonly SqlRow[]> {
  const connection = await connectTo({ ...target, prepare: false });
  try {
    return await connection.run({ text, values: [] });
  } finally {
    await connection.end();
  }
}

/** Until the server, or the pooler, answers. */
async function insist<T>(task: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await task();
    } catch (error) {
      if (tries === 300) throw error;
      await pause(100);
    }
  }
}

try {
  const client = openClient({ ...target, port, prepare: false }, 2);
  const store = openStore('pooled', { client });
  await insist(() => store.put('ready/a', new Uint8Array(), ABSENT));
  const names = store.followNames('ready/');
  const poll = async () => {
    const changes: string[] = [];
    for await (const { kind, key } of names.poll()) changes.push(`${kind} ${key}`);
    return changes;
  };
  console.log('before:', await poll(), 'sessions of the pooler:', client.backendIds());
  const startOf = 'SELECT pg_postmaster_start_time()';
  const [[startedAt] = []] = await sql(startOf);
  const [[pid] = []] = await sql(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1`,
  );
  process.kill(Number(pid), 'SIGKILL');
  // As a transaction whose number was given again.
  const insert = `INSERT INTO pooled.plain_object (key, version, body, is_text, change) VALUES ('ready/lost', 'v', '', true, '3')`;
  await pause(500);
  await insist(() => sql(insert));
  const after = await insist(poll);
  const [[again] = []] = await sql(startOf);
  const isSameStart = startedAt === again;
  console.log('after:', after, 'sessions of the pooler:', client.backendIds(), { isSameStart });
  process.exitCode = after.includes('named ready/lost') && isSameStart ? 0 : 1;
  await store.close();
} finally {
  pooler.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(process.exitCode === 0 ? 'the follower has seen the crash' : 'NOT seen');
