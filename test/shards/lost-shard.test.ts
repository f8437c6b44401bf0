import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquire, beat, claimed, keysOf } from '../support/leasing.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

let world: ShardWorld;

beforeEach(async () => {
  world = await openWorld({ shards: 1 });
  await world.shards[0]?.running();
  await world.advance(1_000);
});

afterEach(() => world.close());

/** Every job that claims get. */
async function claimAll(): Promise<string[]> {
  const jobs: string[] = [];
  for (;;) {
    const job = await claimed(world.app);
    if (job === null) return jobs.toSorted();
    jobs.push(job);
  }
}

const pathOf = (jobId: string) => `/v1/jobs/${jobId}`;

async function ask(method: string, path: string, json: unknown = {}, headers = {}): Promise<void> {
  const answer = await world.app.ask(method, path, { json, headers });
  expect(answer.status).toBeLessThan(300);
}

async function release(jobId: string): Promise<void> {
  const { token } = await acquire(world.app, { path: pathOf(jobId) });
  const headers = { 'Lease-Token': token };
  await world.app.ask('DELETE', `${pathOf(jobId)}/lease`, { headers });
}

async function expire(jobId: string): Promise<void> {
  await acquire(world.app, { path: pathOf(jobId), ttl_seconds: 5 });
  await world.advance(6_000);
}

async function rename(jobId: string): Promise<void> {
  const path = pathOf(jobId);
  const loaded = await world.app.ask('GET', path);
  const renamed = { ...(loaded.json as object), job_name: 'renamed' };
  await ask('PUT', path, renamed, { 'If-Match': loaded.header('etag') ?? '' });
}

/** What was done with each job before the shard is lost. */
const WAITING: Readonly<Record<string, (jobId: string) => Promise<void>>> = {
  created: async () => {},
  renamed: rename,
  released: release,
  expired: expire,
  async resumed(jobId) {
    await ask('POST', `${pathOf(jobId)}/pause`);
    await ask('POST', `${pathOf(jobId)}/resume`);
  },
  async 'released-and-renamed'(jobId) {
    await release(jobId);
    await rename(jobId);
  },
};

const RESTING: typeof WAITING = {
  paused: jobId => ask('POST', `${pathOf(jobId)}/pause`),
  async 'released-and-paused'(jobId) {
    await release(jobId);
    await ask('POST', `${pathOf(jobId)}/pause`);
  },
  async 'expired-and-paused'(jobId) {
    await expire(jobId);
    await ask('POST', `${pathOf(jobId)}/pause`);
  },
  cancelled: jobId => ask('POST', `${pathOf(jobId)}/cancel`),
};

async function makeJobs(): Promise<void> {
  for (const [jobId, change] of Object.entries({ ...WAITING, ...RESTING })) {
    await world.app.create({ job_id: jobId });
    await change(jobId);
  }
}

describe('a shard that lost its data', () => {
  it('finds every job that waits, and none that an operator has paused', async () => {
    await makeJobs();
    world.shards[0]?.lose();
    expect(await claimed(world.app)).toBeNull();
    await world.advance(5_000);
    expect(await claimAll()).toEqual(Object.keys(WAITING).toSorted());
  });

  it('has each of them once when it is restarted meanwhile, and when R2 fails', async () => {
    await makeJobs();
    world.shards[0]?.lose();
    await world.shards[0]?.running();
    world.breakBucket(new Error('Too many requests (10058)'));
    await world.advance(5_000);
    world.shards[0]?.crash();
    world.breakBucket(null);
    await world.shards[0]?.running();
    await world.advance(60_000);
    expect(await claimAll()).toEqual(Object.keys(WAITING).toSorted());
  });

  it('finds more jobs than it may read at a time', async () => {
    const names = Array.from({ length: 230 }, (_, nth) => `job-${nth}`);
    for (const name of names) await world.app.create({ job_id: name });
    world.shards[0]?.lose();
    await world.shards[0]?.running();
    await world.advance(5_000);
    expect(await keysOf(world.app.store, 'ready/')).toHaveLength(230);
    expect(world.shards[0]?.alarmAtMs).toBeNull();
  });

  it('takes held jobs from their holders with the next sweep: they can be claimed', async () => {
    await world.app.create({ job_id: 'job-1' });
    const held = await acquire(world.app, { path: pathOf('job-1') });
    await beat(world.app, held);
    world.shards[0]?.lose();
    await world.shards[0]?.running();
    await world.advance(5_000);
    expect((await beat(world.app, held)).status).toBe(409);
    expect(await world.app.repository.missingLeases.recoverAll()).toBe(1);
    expect(await claimed(world.app)).toBe('job-1');
  });
});
