import { describe, expect, it, onTestFinished } from 'vitest';
import { systemTimers } from '../../../lib/base/timers.ts';
import { ABSENT, atVersion, StoreError } from '../../../lib/store.ts';
import { connectTo, type PostgresTarget } from '../../../lib/stores/postgres/connection.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { increment } from '../../conformance/increment.ts';
import { write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { openProxy } from '../../support/postgres/proxy.ts';
import { usePostgresWorld } from './world.ts';

const KEY = 'jobs/a.json';
const { schema, open, sql } = usePostgresWorld();
const target = targetOf(serverUrl());

/** A role with settings of its own, which is dropped after the test. */
async function makeRole(settings: string): Promise<PostgresTarget> {
  const user = `${schema}_role`;
  await sql(`CREATE ROLE ${user} LOGIN SUPERUSER ${settings}`);
  onTestFinished(async () => {
    await sql(`DROP ROLE ${user}`);
  });
  return { ...target, user };
}

describe('a database of serializable transactions', () => {
  it('put() loses none of 48 increments by 8 writers', async () => {
    const user = await makeRole('');
    await sql(`ALTER ROLE ${user.user} SET default_transaction_isolation = 'serializable'`);
    const store = openStore(schema, { client: openClient(user, 8), delay: async () => {} });
    await write(store, KEY, '0');
    const writers = Array.from({ length: 8 }, async () => {
      for (let done = 0; done < 6; done += 1) await increment(store, KEY);
    });
    await Promise.all(writers);
    expect(textOf((await store.get(KEY))?.body)).toBe('48');
    await store.close();
  });
});

describe('a server without room for more sessions', () => {
  it('serves all statements through those that there are', async () => {
    const client = openClient(await makeRole('CONNECTION LIMIT 0'), 8);
    // The limit does not hold for a superuser.
    await sql(`ALTER ROLE ${schema}_role NOSUPERUSER CONNECTION LIMIT 2`);
    await sql(`GRANT ALL ON SCHEMA {} TO ${schema}_role`);
    await sql(`GRANT ALL ON ALL TABLES IN SCHEMA {} TO ${schema}_role`);
    const store = openStore(schema, { client });
    const keys = Array.from({ length: 40 }, (_, index) => `jobs/${index}.json`);
    await Promise.all(keys.map(key => write(store, key, key)));
    const heads = await Promise.all(keys.map(key => store.head(key)));
    expect(heads).not.toContain(null);
    await store.close();
    await sql(`DROP OWNED BY ${schema}_role`);
  });
});

describe('a statement that takes too long', () => {
  it('put() rejects after the time of the server, and writes nothing', async () => {
    const first = await write(open(), KEY, 'one');
    const holder = await connectTo(target);
    await holder.run({ text: 'BEGIN', values: [] });
    const text = `SELECT 1 FROM "${schema}".listed_object WHERE key = '${KEY}' FOR UPDATE`;
    await holder.run({ text, values: [] });
    const store = openStore(schema, { client: openClient({ ...target, statementTimeoutMs: 100 }) });
    const putting = store.put(KEY, bodyOf('two'), atVersion(first));
    await expect(putting).rejects.toThrow('statement timeout');
    await holder.end();
    expect(await open().head(KEY)).toBe(first);
    await store.close();
  });
});

describe('an answer that does not come', () => {
  it('put() gives up the session, and finds out in another one that it was carried out', async () => {
    const proxy = await openProxy(target.port);
    onTestFinished(() => proxy.close());
    const giveUp: (() => void)[] = [];
    const client = createPool({
      connect: () => connectTo({ ...target, port: proxy.port }),
      size: 1,
      answerTimeoutMs: 1,
      timers: {
        elapsedMs: () => systemTimers.elapsedMs(),
        after(_ms, call) {
          giveUp.push(call);
          return () => {};
        },
      },
    });
    const store = openStore(schema, { client, delay: async () => proxy.release() });
    await store.head(KEY);
    proxy.hold();
    const putting = store.put(KEY, bodyOf('one'), ABSENT);
    await expect.poll(() => open().head(KEY)).not.toBeNull();
    giveUp.at(-1)?.();
    expect(await putting).toBe(await open().head(KEY));
    expect(proxy.connections()).toBe(2);
    await store.close();
  });
});

describe('a database that is not there', () => {
  it('is waited for for ten seconds once, then each operation rejects at once until it is there', async () => {
    const proxy = await openProxy(target.port);
    const { port } = proxy;
    await proxy.close();
    let nowMs = 0;
    const tries: number[] = [];
    const store = openStore(schema, {
      client: openClient({ ...target, port }, 1),
      elapsedMs: () => nowMs,
      async delay(ms) {
        nowMs += ms + 1_000;
        tries.push(nowMs);
      },
    });
    await expect(store.head(KEY)).rejects.toThrow(StoreError);
    expect(tries.length).toBeGreaterThan(3);
    tries.length = 0;
    nowMs += 60_000;
    await expect(store.head(KEY)).rejects.toThrow('ECONNREFUSED');
    expect(tries).toEqual([]);
    await store.close();
  });
});

describe('a server that only reads, as a standby before it takes over', () => {
  it('is waited for for ten seconds once, then each write rejects at once, and reads are answered', async () => {
    const user = await makeRole('');
    await sql(`ALTER ROLE ${user.user} SET default_transaction_read_only = on`);
    let nowMs = 0;
    const tries: number[] = [];
    const store = openStore(schema, {
      client: openClient(user, 1),
      elapsedMs: () => nowMs,
      async delay(ms) {
        nowMs += ms + 1_000;
        tries.push(nowMs);
        // A read in between says nothing.
        await store.head(KEY);
      },
    });
    await expect(store.put(KEY, bodyOf('one'), ABSENT)).rejects.toThrow('read-only transaction');
    expect(tries.length).toBeGreaterThan(3);
    tries.length = 0;
    nowMs += 60_000;
    await expect(store.put(KEY, bodyOf('one'), ABSENT)).rejects.toThrow('read-only transaction');
    expect(tries).toEqual([]);
    expect(await store.head(KEY)).toBeNull();
    await store.close();
  });
});
