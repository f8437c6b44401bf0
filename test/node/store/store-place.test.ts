import { describe, expect, it } from 'vitest';
import { readNodeConfig } from '../../../functions/node/config.ts';
import { placeText, StoreUrl } from '../../../functions/node/store/store-place.ts';

const POSTGRES = {
  kind: 'postgres',
  host: '127.0.0.1',
  port: 5432,
  user: 'me',
  password: null,
  database: 'me',
  tls: null,
  schema: 'dalsegno',
  poolSize: 10,
  statementTimeoutMs: 10_000,
  prepare: true,
};

describe('StoreUrl', () => {
  it.each([
    ['memory:', { kind: 'memory' }],
    ['file:./state', { kind: 'file', directory: './state' }],
    ['file:/srv/my%20state', { kind: 'file', directory: '/srv/my%20state' }],
    ['file:///srv/state', { kind: 'file', directory: '/srv/state' }],
    ['postgres://me@127.0.0.1', POSTGRES],
    ['postgresql://me@[::1]:6543/jobs', { ...POSTGRES, host: '::1', port: 6543, database: 'jobs' }],
    ['postgres://me:p%40ss@localhost', { ...POSTGRES, host: 'localhost', password: 'p@ss' }],
    [
      'postgres://me@localhost?schema=other&pool_size=3&statement_timeout_ms=500&prepare=false',
      {
        ...POSTGRES,
        host: 'localhost',
        schema: 'other',
        poolSize: 3,
        statementTimeoutMs: 500,
        prepare: false,
      },
    ],
  ])('reads %s', (url, place) => {
    expect(StoreUrl.safeParse(url)).toEqual({ success: true, data: place });
  });

  it.each([
    ['postgres://me@db.example', { isVerified: true, authoritiesFile: null }],
    ['postgres://me@db.example?sslmode=require', { isVerified: false, authoritiesFile: null }],
    ['postgres://me@db.example?sslmode=disable', null],
    ['postgres://me@localhost?sslmode=verify-full', { isVerified: true, authoritiesFile: null }],
    ['postgres://me@db?sslrootcert=/ca.pem', { isVerified: true, authoritiesFile: '/ca.pem' }],
  ])('encrypts the connection of %s', (url, tls) => {
    expect(StoreUrl.safeParse(url)).toMatchObject({ data: { tls } });
  });

  it.each([
    'state',
    '',
    'file:',
    'file://host/state',
    'mysql://me@localhost/jobs',
    'postgres://localhost/jobs',
    'postgres:///jobs',
    'postgres://me@one.example,two.example/jobs',
    'postgres://me@one.example:5432,two.example:5432/jobs',
    'postgres://me@localhost/a/b',
    'postgres://me:%zz@localhost/jobs',
    'postgres://me@localhost?sslmode=prefer',
    'postgres://me@localhost?ssl_mode=disable',
    'postgres://me@localhost?schema=Jobs',
    'postgres://me@localhost?pool_size=0',
    'postgres://me@localhost?statement_timeout_ms=0',
    'postgres://me@localhost?prepare=no',
    'postgres://me%00@localhost/jobs',
    'postgres://me@localhost/%00',
  ])('refuses %s', url => {
    expect(StoreUrl.safeParse(url)).toMatchObject({ success: false });
  });
});

describe('StoreUrl of PostgreSQL', () => {
  it.each([
    ['postgres://me:a/b@localhost/jobs', 'in a password / ? # @ and %'],
    ['postgres://me:1#2@localhost/jobs', 'A # in a PostgreSQL URL is written as %23'],
    ['postgres://me@localhost/jobs#schema=other', 'A # in a PostgreSQL URL is written as %23'],
    ['postgres://me@one:5432,two:5432/jobs', 'one host and port'],
    ['postgres://me@%2Fvar%2Frun%2Fpostgresql/jobs', 'not a socket of the machine'],
    ['postgres://me@localhost?pool_size=3&pool_size=1', 'pool_size is given twice'],
    ['postgres://me@localhost?schema=pg_jobs', 'Names that begin with pg_'],
  ])('says what is wrong with %s', (url, reason) => {
    expect(StoreUrl.safeParse(url).error?.message).toContain(reason);
  });

  it('takes a host in capitals, which is loopback too', () => {
    const place = { ...POSTGRES, host: 'localhost' };
    expect(StoreUrl.safeParse('POSTGRES://me@LOCALHOST')).toMatchObject({ data: place });
  });
});

describe('readNodeConfig()', () => {
  it('takes the store from STORE, and does not repeat a wrong one', () => {
    expect(readNodeConfig([], { STORE: 'memory:', STATE_DIR: '/srv' })).toMatchObject({
      config: { store: { kind: 'memory' } },
    });
    const refused = readNodeConfig([], { STORE: 'postgres://me:geheim@localhost/a?sslmode=none' });
    expect(refused).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(refused)).toContain('sslmode');
    expect(JSON.stringify(refused)).not.toContain('geheim');
  });
});

describe('placeText()', () => {
  it('has no password', () => {
    const place = StoreUrl.parse('postgres://me:geheim@db.example/jobs');
    expect(placeText(place)).toBe('postgres://db.example:5432/jobs, schema dalsegno');
  });
});
