import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObjectStateLike } from '../../../functions/cloudflare/objects/object-state.ts';
import {
  type LeaseShardsLike,
  SHARD_PROTOCOL,
  type ShardAsk,
  type ShardCalls,
} from '../../../functions/cloudflare/shards/ports.ts';
import { shardOf } from '../../../lib/stores/shards/shard-of.ts';
import { type AskOptions, answerOf, initOf } from '../../support/app.ts';
import { acquire, beat, claimed, type Held } from '../../support/leasing.ts';
import { aState } from '../../support/state.ts';
import worker, { envWithToken, token } from './main.ts';

const SHARDS = 8;
const binding = env['LEASE_SHARDS'] as LeaseShardsLike;

const client = {
  async ask(method: string, path: string, options: AskOptions = {}) {
    const headers = { Authorization: `Bearer ${token.text}`, ...options.headers };
    const request = new Request(`http://localhost${path}`, initOf(method, { ...options, headers }));
    const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
    return answerOf(await worker.fetch(request, envWithToken(env), context));
  },
};

let made = 0;

/** A job that no other test has, and its holder. */
async function hold(ttlSeconds: number): Promise<{ jobId: string; held: Held; path: string }> {
  made += 1;
  const jobId = `job-${made}`;
  const path = `/v1/jobs/${jobId}`;
  await client.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }) });
  return { jobId, path, held: await acquire(client, { path, ttl_seconds: ttlSeconds }) };
}

const stubOf = (jobId: string) => binding.getByName(`shard-${shardOf(jobId, SHARDS)}`);

const alarmOf = (jobId: string) =>
  runInDurableObject(stubOf(jobId), (_shard: unknown, state: ObjectStateLike) =>
    state.storage.getAlarm(),
  );

const statusOf = async (path: string) =>
  ((await client.ask('GET', path)).json as { status: string }).status;

/** The jobs of other files wait in the same storage. */
async function allClaimed(): Promise<readonly string[]> {
  const jobIds: string[] = [];
  for (let next = await claimed(client); next !== null; next = await claimed(client))
    jobIds.push(next);
  return jobIds;
}

function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

beforeEach(() => {
  // A timer would keep the object from being evicted for some seconds.
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});

afterEach(async () => {
  vi.useRealTimers();
  await abortAllDurableObjects();
});

describe('LeaseShard', () => {
  it('sets its alarm at the end of the lease, and frees the job there', async () => {
    const { jobId, path, held } = await hold(5);
    const endsAt = (held.answer.json as { expires_at: string }).expires_at;
    expect(await alarmOf(jobId)).toBeLessThanOrEqual(Date.parse(endsAt));
    await beat(client, held, path);
    pass(5_000);
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('paused');
    expect(await allClaimed()).toContain(jobId);
  });

  it('recovers nothing twice, and nothing too early', async () => {
    const { jobId, path, held } = await hold(60);
    await runDurableObjectAlarm(stubOf(jobId));
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('running');
    pass(50_000);
    expect((await beat(client, held, path)).status).toBe(200);
    pass(20_000);
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('running');
  });

  it('keeps leases, renewals and its alarm when it is evicted: they end when they would have', async () => {
    const { jobId, path, held } = await hold(5);
    pass(3_000);
    await beat(client, held, path);
    const before = await alarmOf(jobId);
    await evictDurableObject(stubOf(jobId));
    expect(await alarmOf(jobId)).toBe(before);
    pass(4_000);
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('running');
    pass(1_000);
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('paused');
  });

  it('gives a lease one ttl, once, where it was aborted with renewals in memory', async () => {
    const { jobId, path, held } = await hold(5);
    const beats = Array.from({ length: 5 }, () => ({ token: held.token }));
    for (let nth = 0; nth < 5; nth += 1) {
      await client.ask('POST', '/v1/heartbeats', { json: { beats } });
    }
    pass(4_000);
    await abortAllDurableObjects();
    await alarmOf(jobId);
    pass(4_000);
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('running');
    pass(1_500);
    await runDurableObjectAlarm(stubOf(jobId));
    expect(await statusOf(path)).toBe('paused');
  });

  it('renews the leases of one request in all shards', async () => {
    const held: Held[] = [];
    for (let nth = 0; nth < 12; nth += 1) held.push((await hold(60)).held);
    const json = { beats: held.map(each => ({ token: each.token, progress: { nth: 1 } })) };
    const answer = await client.ask('POST', '/v1/heartbeats', { json });
    const leases = held.map(({ leaseId }) => ({
      ok: true,
      lease: { lease_id: leaseId, renewals: 1, progress: { nth: 1 } },
    }));
    expect((answer.json as { beats: unknown }).beats).toMatchObject(leases);
  });

  it('refuses callers of another version and of another place', async () => {
    const { jobId } = await hold(60);
    const number = shardOf(jobId, SHARDS);
    const ask = { protocol: SHARD_PROTOCOL, number, of: SHARDS };
    const refusalOf = (asked: Partial<ShardAsk>) =>
      runInDurableObject(stubOf(jobId), (shard: ShardCalls) =>
        shard.renew({ ...ask, ...asked }, []).then(
          () => null,
          (error: unknown) => String(error),
        ),
      );
    expect(await refusalOf({})).toBeNull();
    expect(await refusalOf({ protocol: 99 })).toContain('another version of the service');
    expect(await refusalOf({ of: 16 })).toContain(`This is shard ${number} of 8`);
  });

  it('is not made where the first one is of another number', async () => {
    await client.ask('GET', '/v1/jobs');
    const ask = { protocol: SHARD_PROTOCOL, number: 12, of: 16 };
    const refusal = await runInDurableObject(binding.getByName('shard-12'), (shard: ShardCalls) =>
      shard.renew(ask, []).then(
        () => null,
        (error: unknown) => String(error),
      ),
    );
    expect(refusal).toContain('This is shard 0 of 8, and the caller asks for shard 0 of 16');
  });

  it('is named by /readyz', async () => {
    expect((await client.ask('GET', '/readyz')).json).toMatchObject({
      status: 'ready',
      store: 'durable-objects',
      leases: true,
      deployment: 'durable-objects',
      bindings: ['JOB_OBJECTS', 'LEASE_SHARDS', 'PRESENCE_OBJECTS'],
    });
  });
});
