import { expect, it, onTestFinished } from 'vitest';
import { ABSENT, atVersion, StoreError, UNCONDITIONAL } from '../../../lib/store.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const KEYS = Array.from({ length: 8 }, (_, index) => `jobs/${index}.json`);
const target = targetOf(serverUrl());
const { schema, open, sql } = usePostgresWorld();

it('writes of one turn are one transaction', async () => {
  const store = open();
  await store.head('jobs/0.json');
  await Promise.all(KEYS.map(key => store.put(key, bodyOf(key), ABSENT)));
  expect(await sql('SELECT count(DISTINCT change), count(*) FROM {}.listed_object')).toEqual([
    ['1', '8'],
  ]);
});

it('a write that the server refuses takes no other one of its turn with it', async () => {
  const store = open();
  await store.head('jobs/0.json');
  const refused = store.put('jobs/\0.json', bodyOf('one'), ABSENT);
  const writes = KEYS.map(key => store.put(key, bodyOf(key), ABSENT));
  await expect(refused).rejects.toThrow(StoreError);
  const versions = await Promise.all(writes);
  expect(await Promise.all(KEYS.map(key => store.head(key)))).toEqual(versions);
});

it('of writes of one turn that expect one version the first one wins', async () => {
  const store = open();
  const first = await write(store, 'jobs/a.json', 'one');
  const versions = await Promise.all(
    ['two', 'three', 'four'].map(text => store.put('jobs/a.json', bodyOf(text), atVersion(first))),
  );
  expect(versions.map(version => version !== null)).toEqual([true, false, false]);
  expect(textOf((await store.get('jobs/a.json'))?.body)).toBe('two');
});

it('a durable write waits for the disk, whatever ordered ones come with it', async () => {
  const store = open();
  await store.head('jobs/0.json');
  await Promise.all([
    store.put('jobs/a.json', bodyOf('one'), ABSENT, undefined, 'ordered'),
    store.put('jobs/b.json', bodyOf('one'), ABSENT),
    store.put('jobs/c.json', bodyOf('one'), ABSENT, undefined, 'ordered'),
  ]);
  const rows = await sql('SELECT key, change FROM {}.listed_object ORDER BY key');
  const [a, b, c] = rows.map(([, change]) => change);
  expect(a).toBe(c);
  expect(b).not.toBe(a);
});

it('a session prepares no more than 500 statements, and runs all others too', async () => {
  const connection = await connectTo(target);
  onTestFinished(() => connection.end());
  for (let start = 0; start < 600; start += 100) {
    const numbers = Array.from({ length: 100 }, (_, index) => String(start + index));
    const statements = numbers.map(number => ({ text: `SELECT ${number}`, values: [] }));
    const rows = await connection.runAll([...statements, ...statements]);
    expect(rows).toEqual([...numbers, ...numbers].map(number => [[number]]));
  }
  const text = 'SELECT count(*) FROM pg_prepared_statements';
  expect(await connection.run({ text, values: [] })).toEqual([['500']]);
});

it('writes that wait for a locked row hold up no others', async () => {
  // What shares a transaction with one that waits is sent alone once that was given up.
  const impatient = { ...target, statementTimeoutMs: 3_000 };
  const store = openStore(schema, { client: openClient(impatient, 8) });
  await store.head('jobs/0.json');
  const locked = await Promise.all(KEYS.slice(0, 3).map(key => write(open(), key, 'one')));
  const holder = await connectTo(target);
  onTestFinished(() => holder.end());
  await holder.run({ text: 'BEGIN', values: [] });
  await holder.run({ text: `SELECT 1 FROM "${schema}".listed_object FOR UPDATE`, values: [] });
  const writes: Promise<unknown>[] = [];
  for (const [index, version] of locked.entries()) {
    writes.push(store.put(KEYS[index] ?? '', bodyOf('two'), atVersion(version)));
    await store.head('jobs/0.json');
  }
  expect(await store.put('jobs/free.json', bodyOf('one'), ABSENT)).not.toBeNull();
  await holder.run({ text: 'COMMIT', values: [] });
  expect(await Promise.all(writes)).not.toContain(null);
  await store.close();
});

it('two processes that write the same objects in other orders do not wait in a circle', async () => {
  const deadlocks = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()';
  const before = await sql(deadlocks);
  const stores = [1, 2].map(() => openStore(schema, { client: openClient(target, 4) }));
  for (let round = 0; round < 8; round += 1) {
    await Promise.all(
      stores.flatMap((store, index) => {
        const keys = index === 0 ? KEYS : KEYS.toReversed();
        return keys.map(key => store.put(key, bodyOf(String(round)), UNCONDITIONAL));
      }),
    );
  }
  expect(await sql(deadlocks)).toEqual(before);
  await Promise.all(stores.map(store => store.close()));
});

it('a statement that could not be parsed at first is parsed again', async () => {
  const connection = await connectTo(target);
  onTestFinished(() => connection.end());
  const later = { text: 'SELECT 2', values: [] };
  const failing = { text: 'SELECT 1 / $1::int', values: ['0'] };
  await expect(connection.runAll([failing, later])).rejects.toThrow('division by zero');
  expect(await connection.runAll([later, { ...failing, values: ['1'] }])).toEqual([
    [['2']],
    [['1']],
  ]);
});
