import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import type { PostgresClient } from '../../../lib/stores/postgres/client.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { openProxy, type Proxy } from '../../support/postgres/proxy.ts';
import { usePostgresWorld } from './world.ts';

const KEYS = ['jobs/a.json', 'leases/a.1.json', 'ready/1~a'];
const { schema, open, sql } = usePostgresWorld();
const target = targetOf(serverUrl());
let proxy: Proxy;
let client: PostgresClient;
/** What happens while the store waits to try again. */
let meanwhile: () => Promise<void> = async () => {};
let store: ObjectStore;

beforeAll(async () => {
  proxy = await openProxy(target.port);
});

afterAll(async () => {
  await proxy.close();
});

beforeEach(async () => {
  client = openClient({ ...target, port: proxy.port }, 1);
  meanwhile = async () => {};
  store = openStore(schema, { client, delay: () => meanwhile() });
  // Its tables are looked up, and its session is open.
  await store.head('jobs/a.json');
});

afterEach(async () => {
  await client.close();
});

describe.each(KEYS)('%s, when a connection breaks', key => {
  it.each(['before', 'after'] as const)(
    'put() creates once, %s the server got the statement',
    async when => {
      proxy.cutNext(when);
      const version = await store.put(key, bodyOf('one'), ABSENT);
      expect(version).not.toBeNull();
      expect(await open().head(key)).toBe(version);
    },
  );

  it.each(['before', 'after'] as const)(
    'put() replaces once, %s the server got the statement',
    async when => {
      const first = await write(open(), key, 'one');
      proxy.cutNext(when);
      const version = await store.put(key, bodyOf('two'), atVersion(first));
      expect(await open().head(key)).toBe(version);
      expect(textOf((await open().get(key))?.body)).toBe('two');
    },
  );

  it('put() has succeeded when another writer has replaced it since', async () => {
    const first = await write(open(), key, 'one');
    meanwhile = async () => {
      const own = await open().head(key);
      await open().put(key, bodyOf('three'), own === null ? ABSENT : atVersion(own));
    };
    proxy.cutNext('after');
    const version = await store.put(key, bodyOf('two'), atVersion(first));
    expect(version).not.toBeNull();
    expect(version).not.toBe(await open().head(key));
    expect(textOf((await open().get(key))?.body)).toBe('three');
  });

  it('put() has succeeded when its object was deleted since', async () => {
    meanwhile = async () => {
      await open().delete(key, UNCONDITIONAL);
    };
    proxy.cutNext('after');
    expect(await store.put(key, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(await open().get(key)).toBeNull();
  });

  it.each([ABSENT, UNCONDITIONAL])(
    'put() rejects, and does not store again what was replaced twice and deleted since (%o)',
    async precondition => {
      meanwhile = async () => {
        await write(open(), key, 'two');
        await write(open(), key, 'three');
        await open().delete(key, UNCONDITIONAL);
      };
      proxy.cutNext('after');
      await expect(store.put(key, bodyOf('one'), precondition)).rejects.toThrow('does not show');
      expect(await open().head(key)).toBeNull();
    },
  );

  it('put() without a condition is carried out once when another writer has replaced it since', async () => {
    meanwhile = async () => {
      const own = await open().head(key);
      await open().put(key, bodyOf('three'), own === null ? ABSENT : atVersion(own));
    };
    proxy.cutNext('after');
    expect(await store.put(key, bodyOf('two'), UNCONDITIONAL)).not.toBeNull();
    expect(textOf((await open().get(key))?.body)).toBe('three');
  });

  it('delete() without a condition spares what another writer has stored since', async () => {
    await write(open(), key, 'one');
    meanwhile = async () => {
      await write(open(), key, 'two');
    };
    proxy.cutNext('after');
    expect(await store.delete(key, UNCONDITIONAL)).toBe(true);
    expect(textOf((await open().get(key))?.body)).toBe('two');
  });

  it('put() is refused when another writer was first', async () => {
    const first = await write(open(), key, 'one');
    meanwhile = async () => {
      await open().put(key, bodyOf('three'), atVersion(first));
    };
    proxy.cutNext('before');
    expect(await store.put(key, bodyOf('two'), atVersion(first))).toBeNull();
    expect(textOf((await open().get(key))?.body)).toBe('three');
  });

  it('put() rejects when nothing shows whether it has succeeded', async () => {
    const first = await write(open(), key, 'one');
    meanwhile = async () => {
      await write(open(), key, 'three');
      await write(open(), key, 'four');
    };
    proxy.cutNext('after');
    await expect(store.put(key, bodyOf('two'), atVersion(first))).rejects.toThrow('does not show');
  });

  it('delete() has deleted, before and after the server got the statement', async () => {
    for (const when of ['before', 'after'] as const) {
      const first = await write(open(), key, 'one');
      proxy.cutNext(when);
      expect(await store.delete(key, atVersion(first))).toBe(true);
      expect(await open().head(key)).toBeNull();
    }
  });

  it('delete() is refused when another has deleted', async () => {
    const first = await write(open(), key, 'one');
    meanwhile = async () => {
      await open().delete(key, atVersion(first));
    };
    proxy.cutNext('before');
    expect(await store.delete(key, atVersion(first))).toBe(false);
  });
});

describe('a session that the server ends', () => {
  it('put() goes on in another one, and is carried out once', async () => {
    const first = await write(store, 'jobs/a.json', 'one');
    const holder = await connectTo(target);
    await holder.run({ text: 'BEGIN', values: [] });
    const text = `SELECT 1 FROM "${schema}".listed_object WHERE key = 'jobs/a.json' FOR UPDATE`;
    await holder.run({ text, values: [] });
    const putting = store.put('jobs/a.json', bodyOf('two'), atVersion(first));
    await expect
      .poll(() =>
        sql(
          `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE "${schema}"%'`,
        ),
      )
      .toEqual([['1']]);
    await holder.end();
    const version = await putting;
    expect(await open().head('jobs/a.json')).toBe(version);
    expect(version).not.toBeNull();
  });
});
