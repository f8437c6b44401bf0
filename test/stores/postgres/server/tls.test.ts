import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nodeMachine } from '../../../../functions/node/store/machine.ts';
import { StoreUrl } from '../../../../functions/node/store/store-place.ts';
import { openPostgres } from '../../../../functions/store/open-postgres.ts';
import { connectTo, type PostgresTls } from '../../../../lib/stores/postgres/connection.ts';
import { serverUser } from '../../../support/postgres/binaries.ts';
import { serverUrl, targetOf } from '../../../support/postgres/open-store.ts';
import { type Certificate, makeAuthority } from '../../../support/tls/certificates.ts';
import { usePostgresWorld } from '../world.ts';

const { schema, sql } = usePostgresWorld();
const authority = makeAuthority('Tests');
const other = makeAuthority('Others');
const folder = mkdtempSync(join(tmpdir(), 'dalsegno-tls-'));
const authorities = join(folder, 'authorities.pem');
const target = targetOf(serverUrl());

beforeAll(() => {
  writeFileSync(authorities, authority.certificate);
});

afterAll(async () => {
  for (const name of ['ssl', 'ssl_cert_file', 'ssl_key_file']) {
    await sql(`ALTER SYSTEM RESET ${name}`);
  }
  await sql('SELECT pg_reload_conf()');
  rmSync(folder, { recursive: true });
});

let certificates = 0;

/** Has the server show this certificate from now on. */
async function serve({ certificate, key }: Certificate): Promise<void> {
  certificates += 1;
  const user = serverUser();
  const files = { ssl_cert_file: certificate, ssl_key_file: key };
  if (user !== null) chownSync(folder, user.uid, user.gid);
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, `${name}-${certificates}`);
    writeFileSync(path, text, { mode: 0o600 });
    if (user !== null) chownSync(path, user.uid, user.gid);
    await sql(`ALTER SYSTEM SET ${name} = '${path}'`);
  }
  await sql('ALTER SYSTEM SET ssl = on');
  await sql('SELECT pg_reload_conf()');
  // The server reads its settings in its own time: a new session shows which it has.
  await expect
    .poll(() => shownBy('SHOW ssl_cert_file'))
    .toBe(`${folder}/ssl_cert_file-${certificates}`);
}

async function shownBy(text: string): Promise<unknown> {
  const connection = await connectTo(target);
  const rows = await connection.run({ text, values: [] });
  await connection.end();
  return rows[0]?.[0];
}

/** Whether the session that is opened so is encrypted. */
async function connect(host: string, tls: PostgresTls): Promise<string | null | undefined> {
  const connection = await connectTo({ ...target, host, tls });
  const text = 'SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  const rows = await connection.run({ text, values: [] });
  await connection.end();
  return rows[0]?.[0];
}

const VERIFIED = { isVerified: true, authorities: authority.certificate };

describe('a session with TLS', () => {
  it('is refused where the server has none: nothing is sent without', async () => {
    await expect(connect('localhost', VERIFIED)).rejects.toThrow('does not support SSL');
  });

  it.each(['localhost', '127.0.0.1'])(
    'is opened to %s where the certificate names it',
    async host => {
      await serve(authority.issue(host));
      expect(await connect(host, VERIFIED)).toBe('true');
    },
  );

  it.each([
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
    ['localhost', 'db.example'],
  ])('is refused to %s where the certificate names %s', async (host, named) => {
    await serve(authority.issue(named));
    await expect(connect(host, VERIFIED)).rejects.toThrow(/does not match certificate's altnames/);
    // `sslmode=require`
    expect(await connect(host, { isVerified: false, authorities: null })).toBe('true');
  });

  it.each([
    ['another authority', { isVerified: true, authorities: other.certificate }],
    ['those of the system', { isVerified: true, authorities: null }],
  ])('is refused where only %s is known', async (_, tls) => {
    await serve(authority.issue('localhost'));
    await expect(connect('localhost', tls)).rejects.toThrow(
      /unable to verify|self-signed|unable to get/,
    );
  });

  it('is what a URL with sslmode and sslrootcert opens', async () => {
    await serve(authority.issue('localhost'));
    const url = `postgres://admin@localhost:${target.port}/postgres?schema=${schema}&sslmode=verify-full&sslrootcert=${authorities}`;
    const place = StoreUrl.parse(url);
    if (place.kind !== 'postgres') throw new TypeError('Not a URL of PostgreSQL');
    const store = await openPostgres(place, { machine: nodeMachine() });
    onTestFinished(() => store.close());
    expect(await store.head('jobs/a.json')).toBeNull();
    expect(
      await sql(
        `SELECT DISTINCT s.ssl::text FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE query LIKE '%"${schema}".%' AND pid <> pg_backend_pid() AND ssl`,
      ),
    ).toEqual([['true']]);
  });
});
