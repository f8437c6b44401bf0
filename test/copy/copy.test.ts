import { describe, expect, it } from 'vitest';
import type { CopyProgress } from '../../lib/copy/copy.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import {
  acquire,
  claimed,
  keysOf,
  storedText,
  storeWithoutSwap,
  write,
} from '../support/leasing.ts';
import { contentsOf, copy, furnish } from './stored-places.ts';

describe('copyJobs()', () => {
  it('copies every unleased job, with unchanged bytes, and verifies each', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    const report = await copy({ source: store, target, clock });
    const here = await contentsOf(store, ['jobs/']);
    delete here['jobs/held.json'];
    expect(await contentsOf(target, ['jobs/'])).toEqual(here);
    expect(report).toMatchObject({
      copied: 7,
      present: 0,
      corrupt: 1,
      zombies: 2,
      carried: 0,
      verified: 7,
      expected: 7,
      stopped: null,
    });
  });

  it('refuses a held job, and says who holds it', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    const { held } = await copy({ source: store, target, clock });
    expect(held).toEqual([
      { key: 'jobs/held.json', reason: expect.stringMatching(/^held by "w-1" until 2026-/) },
    ]);
    expect(await target.get('jobs/held.json')).toBeNull();
  });

  it('copies a held job with its lease with `held`, and its holder continues', async () => {
    const { store, clock, held } = await furnish();
    const target = createMemoryStore();
    const report = await copy({ source: store, target, clock, held: true });
    expect(report).toMatchObject({ carried: 1, held: [], copied: 8, verified: 8 });
    const app = openApp({ store: target, clock });
    const beat = await app.ask('PUT', '/v1/jobs/held/lease', { json: {}, headers: held.headers });
    expect(beat.status).toBe(200);
    const json = { status: 'completed' };
    const sheet = await app.ask('PUT', '/v1/jobs/held/sheets/1', { json, headers: held.headers });
    expect(sheet.json).toMatchObject({ status: 'completed' });
  });

  it('refuses a held job with `held` when the target does not support leases', async () => {
    const { store, clock } = await furnish();
    const target = storeWithoutSwap();
    const { held } = await copy({ source: store, target, clock, held: true });
    expect(held).toEqual([
      { key: 'jobs/held.json', reason: expect.stringContaining('does not support leases') },
    ]);
  });

  it('refuses a job that cannot be read while a lease of it runs', async () => {
    const { store, clock } = await furnish();
    await write(store, 'jobs/held.json', '{"job_id": "he');
    const report = await copy({ source: store, target: createMemoryStore(), clock });
    expect(report.held.map(({ key }) => key)).toEqual(['jobs/held.json']);
  });

  it('copies the lease of a zombie, so that a sweep at the target recovers it', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    expect(await keysOf(target, 'leases/')).toEqual(await keysOf(store, 'leases/zombie.'));
    const app = openApp({ store: target, clock });
    const swept = await app.ask('POST', '/v1/sweep');
    expect(swept.json).toMatchObject({ examined: 1, recovered: 1 });
  });

  it('copies the hints of the jobs that wait: claims at the target get those and no other', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    const app = openApp({ store: target, clock, seed: 9 });
    const got = [await claimed(app), await claimed(app), await claimed(app)];
    expect(new Set(got)).toEqual(new Set(['lapsed', 'waiting', null]));
  });

  it('copies expired lease records with their jobs', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    expect(await contentsOf(target, ['lapses/'])).toEqual(await contentsOf(store, ['lapses/']));
    expect(await keysOf(target, 'lapses/')).toEqual(['lapses/lapsed.json']);
  });

  it('finds the hint of a job that began to wait after hints were listed', async () => {
    const { store, clock } = await furnish();
    const source: ObjectStore = {
      ...store,
      async *list(prefix, after) {
        if (!prefix.startsWith('ready/')) yield* store.list(prefix, after);
      },
    };
    const target = createMemoryStore();
    await copy({ source, target, clock });
    expect(await keysOf(target, 'ready/')).toEqual(await keysOf(store, 'ready/'));
  });

  it('does not copy useless hints', async () => {
    const { store, clock } = await furnish();
    await write(store, 'ready/20200101T000000.000000Z~paused', '');
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    const hints = await keysOf(target, 'ready/');
    expect(hints.map(key => key.slice(key.indexOf('~') + 1)).toSorted()).toEqual([
      'lapsed',
      'waiting',
    ]);
  });

  it('announces the pending jobs of a store that keeps no hints', async () => {
    const source = storeWithoutSwap();
    const { clock, app } = await furnishWithoutLeases(source);
    await app.ask('POST', '/v1/jobs/paused/pause');
    const target = createMemoryStore();
    await copy({ source, target, clock });
    const claims = openApp({ store: target, clock, seed: 9 });
    expect([await claimed(claims), await claimed(claims)]).toEqual(['waiting', null]);
  });

  it('labels jobs and leases where the target keeps labels', async () => {
    const { store, clock } = await furnish();
    const labels = new Map<string, string | undefined>();
    const inner = createMemoryStore();
    const target: ObjectStore = {
      ...inner,
      traits: { ...inner.traits, labels: true },
      put(key, body, precondition, label) {
        labels.set(key, label);
        return inner.put(key, body, precondition);
      },
    };
    await copy({ source: store, target, clock, held: true });
    expect(JSON.parse(labels.get('jobs/done.json') ?? '')).toMatchObject({
      job_id: 'done',
      status: 'completed',
    });
    expect(labels.get('jobs/broken.json')).toBeUndefined();
    const [lease = ''] = await keysOf(target, 'leases/held.');
    expect(labels.get(lease)).toMatch(/^2026-/);
  });

  it('passes over what is under the prefix and no job', async () => {
    const { store, clock } = await furnish();
    await write(store, 'jobs/notes.txt', 'not a job');
    const target = createMemoryStore();
    const report = await copy({ source: store, target, clock });
    expect(report.expected).toBe(7);
    expect(await target.get('jobs/notes.txt')).toBeNull();
  });

  it('reports its progress in both passes', async () => {
    const { store, clock } = await furnish();
    const reported: CopyProgress[] = [];
    const onProgress = (progress: CopyProgress) => reported.push(progress);
    await copy({ source: store, target: createMemoryStore(), clock, onProgress });
    expect(reported.at(0)).toEqual({ pass: 'copy', done: 0, total: 8 });
    expect(reported).toContainEqual({ pass: 'copy', done: 8, total: 8 });
    expect(reported.at(-1)).toEqual({ pass: 'verify', done: 8, total: 8 });
  });

  it('holds at most six bodies at a time', async () => {
    const { store, clock } = await furnish();
    let reading = 0;
    let most = 0;
    const source: ObjectStore = {
      ...store,
      async get(key) {
        reading += 1;
        most = Math.max(most, reading);
        await new Promise(resolve => setImmediate(resolve));
        reading -= 1;
        return store.get(key);
      },
    };
    await copy({ source, target: createMemoryStore(), clock });
    expect(most).toBe(6);
  });
});

async function furnishWithoutLeases(store: ObjectStore) {
  const { clock } = await furnish();
  const app = openApp({ store, clock });
  for (const job_id of ['waiting', 'paused']) await app.create({ job_id });
  return { clock, app };
}

describe('a lease that was copied', () => {
  it('keeps what its holder has done at the target since', async () => {
    const { store, clock, held } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock, held: true });
    const app = openApp({ store: target, clock });
    await app.ask('PUT', '/v1/jobs/held/lease', {
      json: { progress: 'here' },
      headers: held.headers,
    });
    await copy({ source: store, target, clock, held: true });
    expect(await storedText(target, held.key)).toContain('"progress":"here"');
  });

  it('follows what its holder has done at the source since', async () => {
    const { store, clock, held, app } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock, held: true });
    await app.ask('PUT', '/v1/jobs/held/lease', {
      json: { progress: 'there' },
      headers: held.headers,
    });
    await copy({ source: store, target, clock, held: true });
    expect(await storedText(target, held.key)).toContain('"progress":"there"');
  });

  it('cannot continue when another holder has the job', async () => {
    const { store, clock, app } = await furnish();
    clock.advance(3_600_000);
    const next = await acquire(app, { path: '/v1/jobs/held', ttl_seconds: 3600 });
    const target = createMemoryStore();
    await copy({ source: store, target, clock, held: true });
    expect(await keysOf(target, 'leases/held.')).toEqual([next.key]);
  });
});
