import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { openService } from '../../functions/cli/copy/service.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createServiceStore, type ServiceStoreOptions } from '../../lib/stores/service.ts';
import { contentsOf, copy } from '../copy/stored-places.ts';
import { openApp } from '../support/app.ts';
import { makeLastingFolder } from '../support/temporary-folder.ts';
import { buildWorker } from './cloudflare-bundle.ts';
import { type EmulatedWorker, startEmulation, type WorkerOptions } from './cloudflare-emulation.ts';

const { script } = await buildWorker();
const token = await mintAccessToken(systemRandom.secret());

const folder = await makeLastingFolder();
afterAll(() => rm(folder, { recursive: true }));

/** A deployment over what the last one left. */
async function deploy(
  options: WorkerOptions,
  task: (worker: EmulatedWorker) => Promise<void>,
): Promise<void> {
  const vars = { PLAN: 'paid', MOVE_DELAY_SECONDS: '0', ...options.vars };
  const workers = { copied: { token, ...options, vars } };
  const emulation = await startEmulation({ script, folder, workers });
  onTestFinished(() => emulation.stop().catch(() => undefined));
  await task(emulation.worker('copied'));
  await emulation.stop();
}

function wayTo(worker: EmulatedWorker): ServiceStoreOptions {
  return {
    url: 'http://localhost',
    token: token.text,
    fetch: (url, init) => worker.fetch(url.slice('http://localhost'.length), init),
    random: () => 0,
    delay: async () => {},
  };
}

function serviceOf(worker: EmulatedWorker): ObjectStore {
  return createServiceStore(wayTo(worker));
}

/** Some waiting jobs, one that is held and one of 300 KB. */
async function furnish(): Promise<{ store: ObjectStore; lease: string }> {
  const store = createMemoryStore();
  const app = openApp({ store, clock: systemClock });
  for (let nth = 0; nth < 12; nth += 1) await app.create({ job_id: `job-${nth}` });
  await app.create({ job_id: 'held' });
  await app.create({ job_id: 'large', config_path: 'Größe'.repeat(60_000) });
  const json = { holder: 'w-1', ttl_seconds: 3600 };
  const granted = await app.ask('POST', '/v1/jobs/held/lease', { json });
  return { store, lease: (granted.json as { token: string }).token };
}

async function idsAt(worker: EmulatedWorker): Promise<number> {
  const { json } = await worker.ask('GET', '/v1/jobs?limit=100');
  return (json as { jobs: unknown[] }).jobs.length;
}

const PARTS = ['jobs/', 'ready/', 'leases/', 'lapses/'];
const clock = systemClock;

describe('copyJobs() to and from Workers with shards', () => {
  it('copies there, during a move and back, byte for byte', async () => {
    const { store, lease } = await furnish();
    const headers = { 'Lease-Token': lease };

    await deploy({ objects: true, vars: { SHARDS: '4' } }, async worker => {
      const report = await copy({ source: store, target: serviceOf(worker), clock, held: true });
      expect(report).toMatchObject({ stopped: null, copied: 14, verified: 14, failures: [] });
      expect(await contentsOf(serviceOf(worker), PARTS)).toEqual(await contentsOf(store, PARTS));
      const { objects } = await (await worker.bucket()).list({});
      expect(new Set(objects.map(({ key }) => key.split('/')[0]))).toEqual(
        new Set(['jobs', 'shards']),
      );
      expect(await idsAt(worker)).toBe(14);
      const taken = await worker.ask('POST', '/v1/jobs/held/lease', { json: { holder: 'w-2' } });
      expect(taken.status).toBe(409);
    });

    // Its leases move to R2 while the copy reads them, and writes others.
    await deploy({ objects: true, vars: { STATE_MEDIA: 'r2' } }, async worker => {
      const back = createMemoryStore();
      const moved = worker.ask('POST', '/v1/move');
      const [out, into] = await Promise.all([
        copy({ source: serviceOf(worker), target: back, clock, held: true }),
        copy({ source: await withJob('late'), target: serviceOf(worker), clock, others: true }),
      ]);
      await moved;
      expect(out).toMatchObject({ stopped: null, failures: [], conflicts: [] });
      expect(into).toMatchObject({ stopped: null, copied: 1, verified: 1, failures: [] });
      const copied = await contentsOf(back, PARTS);
      for (const [key, body] of Object.entries(await contentsOf(store, PARTS))) {
        expect([key, copied[key]]).toEqual([key, body]);
      }
      for (;;) {
        const { json } = await worker.ask('POST', '/v1/move');
        if ((json as { move: { state: string } }).move.state === 'done') break;
      }
      expect((await worker.ask('PUT', '/v1/jobs/held/lease', { headers })).status).toBe(200);
      expect(await idsAt(worker)).toBe(15);
    });
  });

  it('opens nothing where the number of shards is another', async () => {
    const layout = (shards: number) => new TextEncoder().encode(JSON.stringify({ shards }));
    await deploy({ objects: true }, async worker => {
      const bucket = await worker.bucket();
      await bucket.put('shards/layout.json', layout(9), { customMetadata: {} });
      await expect(openService(wayTo(worker))).rejects.toThrow('The service answers 503');
    });
  });

  it('needs a token of an operator for all jobs', async () => {
    await deploy({ objects: true }, async worker => {
      const opened = openService({ ...wayTo(worker), token: null });
      await expect(opened).rejects.toThrow('with the scope admin');
    });
  });
});

async function withJob(job_id: string): Promise<ObjectStore> {
  const store = createMemoryStore();
  await openApp({ store, clock: systemClock }).create({ job_id });
  return store;
}
