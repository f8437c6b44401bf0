import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ABSENT, type Version } from '../../../lib/store.ts';
import { bodyOf } from '../../conformance/body.ts';
import { startService } from '../../node/service.ts';
import { openClient, openStore, targetOf } from '../../support/postgres/open-store.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres/server.ts';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres(process.env['MEMORY_DIR'] ?? '/tmp');
});

afterAll(async () => {
  await server.stop();
});

describe('a server that is killed', () => {
  it('loses nothing that was acknowledged, and operations under way end as they should', async () => {
    const store = openStore('killed', { client: openClient(targetOf(server.url), 4) });
    const acknowledged = new Map<string, Version>();
    const run = { isOver: false };
    let written = 0;

    async function write(): Promise<void> {
      while (!run.isOver) {
        written += 1;
        const key = `jobs/${written}.json`;
        const version = await store.put(key, bodyOf(key), ABSENT);
        // A retry may not be refused by its own first try.
        expect(version).not.toBeNull();
        if (version !== null) acknowledged.set(key, version);
      }
    }

    const writers = Array.from({ length: 8 }, write);
    for (let kill = 0; kill < 3; kill += 1) {
      const enough = acknowledged.size + 50;
      await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(enough);
      await server.kill();
      await server.start();
    }
    run.isOver = true;
    await Promise.all(writers);
    const versions = new Map<string, Version>();
    for await (const { key, version } of store.list('jobs/')) versions.set(key, version);
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
    await expect.poll(() => statusOf('/readyz'), { timeout: 20_000 }).toBe(200);
    expect(await statusOf('/v1/jobs')).toBe(200);
  });
});
