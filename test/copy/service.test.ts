import { describe, expect, it, onTestFinished } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { createServiceStore } from '../../lib/stores/service.ts';
import { openWorld, type ShardWorld } from '../shards/shard-world.ts';
import type { AppClient } from '../support/app.ts';
import { makeFolder } from '../support/folder.ts';
import { contentsOf, copy, furnish } from './stored-places.ts';

type Send = (request: Request) => Promise<Response>;

/** The store of a running service. `wrap` stands for the network. */
function serviceOf(app: AppClient, wrap: (send: Send) => Send = send => send): ObjectStore {
  const send = wrap(request => app.fetch(request));
  return createServiceStore({
    url: 'http://localhost/',
    token: null,
    fetch: (url, init) => send(new Request(url, init)),
    random: () => 0.5,
    delay: async () => {},
  });
}

async function openTarget(shards = 3): Promise<ShardWorld> {
  const world = await openWorld({ shards });
  onTestFinished(() => world.close());
  return world;
}

async function idsAt(app: AppClient): Promise<string[]> {
  const { json } = await app.ask('GET', '/v1/jobs?limit=100');
  return (json as { jobs: { job_id: string }[] }).jobs.map(({ job_id }) => job_id).toSorted();
}

const WHOLE = { stopped: null, copied: 8, verified: 8, expected: 8 };

describe('copyJobs() to a service with shards, and back', () => {
  it('keeps every byte of jobs, leases, hints and expired lease records', async () => {
    const { store, clock } = await furnish(await (await makeFolder()).open());
    const between = serviceOf((await openTarget()).app);
    const target = await (await makeFolder()).open();
    const there = await copy({ source: store, target: between, clock, held: true });
    const back = await copy({ source: between, target, clock, held: true });
    expect([there, back]).toEqual([expect.objectContaining(WHOLE), expect.objectContaining(WHOLE)]);
    const folders = ['jobs/', 'ready/', 'leases/', 'lapses/'];
    expect(await contentsOf(target, folders)).toEqual(await contentsOf(store, folders));
    expect(Object.keys(await contentsOf(target, folders))).toHaveLength(13);
  });

  it('has jobs in R2, the rest in shards, and a catalogue that names all', async () => {
    const { store, clock } = await furnish();
    const world = await openTarget();
    await copy({ source: store, target: serviceOf(world.app), clock, held: true });
    const { objects } = await world.bucket.list({});
    expect(new Set(objects.map(({ key }) => key.split('/')[0]))).toEqual(new Set(['jobs']));
    const ports = await Promise.all(world.shards.map(shard => shard.running()));
    const query = { group: null, after: null, before: null, descending: true, limit: 100 };
    const pages = await Promise.all(ports.map(port => port.page('jobs', query)));
    const listed = pages.flatMap(({ entries }) => entries.map(({ key }) => key)).toSorted();
    expect(listed).toEqual(objects.map(({ key }) => key).toSorted());
    expect(await idsAt(world.app)).toHaveLength(7);
  });

  it('copies nothing twice, and copies what has changed since', async () => {
    const { store, clock, app } = await furnish();
    const target = serviceOf((await openTarget()).app);
    await copy({ source: store, target, clock });
    expect(await copy({ source: store, target, clock })).toMatchObject({ copied: 0, present: 7 });
    await app.ask('POST', '/v1/jobs/waiting/pause');
    expect(await copy({ source: store, target, clock })).toMatchObject({ updated: 1, present: 6 });
  });
});

describe('copyJobs() over a network that fails', () => {
  it('stops, and continues when it runs again', async () => {
    const { store, clock } = await furnish();
    const world = await openTarget();
    let left = 22;
    const cut = serviceOf(world.app, send => async request => {
      left -= 1;
      if (left < 0) throw new TypeError('fetch failed');
      return send(request);
    });
    const first = await copy({ source: store, target: cut, clock, held: true });
    expect(first.stopped ?? first.failures[0]?.reason).toContain('fetch failed');
    expect(first.verified).toBeLessThan(8);
    const target = serviceOf(world.app);
    const second = await copy({ source: store, target, clock, held: true });
    expect(second).toMatchObject({ stopped: null, verified: 8, conflicts: [], failures: [] });
    expect(second.copied + second.present).toBe(8);
    expect(second.present).toBeGreaterThan(0);
  });

  it('finds out whether a write happened whose answer was lost', async () => {
    const { store, clock } = await furnish();
    const seen = new Set<string>();
    const target = serviceOf((await openTarget()).app, send => async request => {
      const answer = await send(request);
      const isFirst = request.method === 'PUT' && !seen.has(request.url);
      seen.add(request.url);
      if (isFirst) throw new TypeError('fetch failed');
      return answer;
    });
    const report = await copy({ source: store, target, clock, held: true });
    expect(report).toMatchObject({ ...WHOLE, conflicts: [], failures: [] });
    expect(await contentsOf(target, ['jobs/', 'leases/'])).toEqual(
      await contentsOf(store, ['jobs/', 'leases/']),
    );
  });
});

describe('copyJobs() of a job that is held', () => {
  it('lets its holder go on at the target, and gives the job to nobody else', async () => {
    const { store, clock, held } = await furnish();
    const world = await openTarget();
    world.clock.advance(clock.millis() - world.clock.millis());
    await copy({ source: store, target: serviceOf(world.app), clock, held: true });
    const taken = await world.app.ask('POST', '/v1/jobs/held/lease', {
      json: { holder: 'w-2', ttl_seconds: 60 },
    });
    expect([taken.status, taken.json]).toMatchObject([409, { code: 'lease_held' }]);
    const headers = { 'Lease-Token': held.token };
    const beat = await world.app.ask('PUT', '/v1/jobs/held/lease', { headers });
    expect(beat.status).toBe(200);
    await world.advance(3_700_000);
    expect((await world.app.ask('GET', '/v1/jobs/held')).json).toMatchObject({
      status: 'paused',
    });
  });

  it('does not change a job that somebody holds at the target', async () => {
    const { store, clock, app } = await furnish();
    const world = await openTarget();
    const target = serviceOf(world.app);
    await copy({ source: store, target, clock });
    world.clock.advance(clock.millis() - world.clock.millis());
    const json = { holder: 'w-9', ttl_seconds: 600 };
    expect((await world.app.ask('POST', '/v1/jobs/waiting/lease', { json })).status).toBe(201);
    await app.ask('POST', '/v1/jobs/waiting/pause');
    const again = await copy({ source: store, target, clock, overwrite: true });
    expect(again.heldThere.map(({ key }) => key)).toEqual(['jobs/waiting.json']);
  });
});

describe('copyJobs() to a service that cannot take it', () => {
  it('writes no job while its shards do not answer', async () => {
    const { store, clock } = await furnish();
    const world = await openTarget();
    for (const shard of world.shards) shard.isDown = true;
    const report = await copy({ source: store, target: serviceOf(world.app), clock });
    expect(report.verified).toBe(0);
    expect(report.stopped ?? report.failures[0]?.reason).toContain('The service answers 503');
    expect((await world.bucket.list({})).objects).toEqual([]);
  });

  it('says so where the service has no objects to give', async () => {
    const { store, clock, app } = await furnish();
    const report = await copy({ source: serviceOf(app), target: store, clock });
    expect(report.stopped).toContain('404 not_found');
  });
});
