import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ABSENT,
  atVersion,
  StoreError,
  UNCONDITIONAL,
  type Version,
} from '../../../../lib/store.ts';
import { bodyOf } from '../../../conformance/body.ts';
import { write } from '../../../conformance/write.ts';
import { startService } from '../../../node/service.ts';
import { openClient, openStore, targetOf } from '../../../support/postgres/open-store.ts';
import { type PostgresServer, startPostgres } from '../../../support/postgres/server.ts';

/** Nothing else runs on it. */
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres(process.env['MEMORY_DIR'] ?? '/tmp', {
    // It writes its log for nobody else.
    autovacuum: 'off',
    // What it writes by itself.
    wal_writer_delay: '10s',
    wal_level: 'minimal',
    max_wal_senders: '0',
  });
});

afterAll(async () => {
  await server.stop();
});

describe('renewals of a lease', () => {
  it('are heap-only updates, which write no index', async () => {
    const store = openStore('renewals', { client: openClient(targetOf(server.url), 1) });
    const keys = Array.from({ length: 20 }, (_, index) => `leases/job-${index}.1.json`);
    const label = JSON.stringify({ expires_at: '2026-01-02T03:04:05.678901Z', ttl_seconds: 30 });
    const body = bodyOf(label.repeat(4));
    const versions = new Map<string, Version>();
    for (let round = 0; round < 21; round += 1) {
      for (const key of keys) {
        const known = versions.get(key);
        const precondition = known === undefined ? ABSENT : atVersion(known);
        const version = await store.put(key, body, precondition, label);
        if (version === null) throw new Error('A renewal was refused');
        versions.set(key, version);
      }
    }
    // The session reports its numbers at its end.
    await store.close();
    const observer = openClient(targetOf(server.url), 1);
    const text = `SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'resident_object'`;
    const count = async () => (await observer.run({ text, values: [] }))[0]?.map(Number) ?? [];
    await expect.poll(async () => (await count())[0]).toBe(400);
    const [, heapOnly] = await count();
    await observer.close();
    expect(heapOnly).toBeGreaterThanOrEqual(395);
  });
});

describe('an ordered write', () => {
  it('is acknowledged before it is on the disk, and is there with the next durable one', async () => {
    const client = openClient(targetOf(server.url), 1);
    const store = openStore('ordered', { client });
    const text = 'SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()';
    const isFlushed = async () => (await client.run({ text, values: [] }))[0]?.[0] === 't';
    await write(store, 'jobs/a.json', 'one');
    expect(await isFlushed()).toBe(true);
    // The server writes what waits every ten seconds by itself: one of several is seen in between.
    let isSeen = false;
    for (let count = 0; count < 50 && !isSeen; count += 1) {
      await store.put('ready/a', bodyOf(String(count)), UNCONDITIONAL, undefined, 'ordered');
      isSeen = !(await isFlushed());
    }
    expect(isSeen).toBe(true);
    await write(store, 'jobs/a.json', 'two');
    expect(await isFlushed()).toBe(true);
    await store.close();
  });
});

describe('a server that is killed', () => {
  it('loses nothing that was acknowledged, and operations under way end as they should', async () => {
    const store = openStore('killed', { client: openClient(targetOf(server.url), 4) });
    const acknowledged = new Map<string, Version>();
    const unanswered = new Set<string>();
    const run = { isOver: false };
    let written = 0;

    async function writer(): Promise<void> {
      while (!run.isOver) {
        written += 1;
        const key = `jobs/${written}.json`;
        try {
          const version = await store.put(key, bodyOf(key), ABSENT);
          // A retry may not be refused by its own first try.
          expect(version).not.toBeNull();
          if (version !== null) acknowledged.set(key, version);
        } catch (error) {
          // On a busy machine the server is away for longer than the store tries.
          if (!(error instanceof StoreError)) throw error;
          unanswered.add(key);
        }
      }
    }

    const writers = Array.from({ length: 8 }, writer);
    for (let kill = 0; kill < 3; kill += 1) {
      const enough = acknowledged.size + 50;
      await expect.poll(() => acknowledged.size).toBeGreaterThan(enough);
      await server.kill();
      await server.start();
    }
    run.isOver = true;
    await Promise.all(writers);
    const versions = new Map<string, Version>();
    for await (const { key, version } of store.list('jobs/')) {
      if (!unanswered.has(key)) versions.set(key, version);
    }
    expect(versions).toEqual(acknowledged);
    await store.close();
  });

  it('leaves the service answering 503 until it is there again, also where it was not at the start', async () => {
    await server.kill();
    const service = await startService({ environment: { STORE: `${server.url}?schema=away` } });
    const statusOf = async (path: string) => (await fetch(`${service.url}${path}`)).status;
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/readyz')).toBe(503);
    await server.start();
    await expect.poll(() => statusOf('/readyz')).toBe(200);
    expect(await statusOf('/v1/jobs')).toBe(200);
  });
});
