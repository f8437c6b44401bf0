import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AskOptions } from '../../support/app.ts';
import { acquire, beat, claimed, type Held } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { aState } from '../../support/state.ts';
import { openWorld, type ShardWorld } from '../shard-world.ts';

/* While a version of the service is deployed its Worker and its shards may be of two protocols. */

const UNAVAILABLE = aProblem({ status: 503, code: 'store_unavailable' });

let world: ShardWorld;
let held: Held;
let writes = 0;

beforeEach(async () => {
  world = await openWorld({
    wrap: bucket => ({
      ...bucket,
      put(...args) {
        writes += 1;
        return bucket.put(...args);
      },
    }),
  });
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
  await world.app.create({ job_id: 'job-1' });
  await world.app.create({ job_id: 'waiting' });
  held = await acquire(world.app, { ttl_seconds: 60 });
});

afterEach(() => world.close());

describe.each([
  ['later', 1],
  ['earlier', -1],
])('a Worker of a protocol that is %s than that of its shards', (_, difference) => {
  it('answers 503 with Retry-After and writes nothing, until they are of one', async () => {
    writes = 0;
    for (const shard of world.shards) {
      shard.take();
      shard.calls.length = 0;
      shard.callersProtocol = difference;
    }
    const { headers } = held;
    const json = { holder: 'w-2' };
    const requests: readonly (readonly [string, string, AskOptions])[] = [
      ['POST', '/v1/jobs', { json: aState({ job_id: 'new' }) }],
      ['POST', '/v1/claims', { json }],
      ['POST', '/v1/jobs/waiting/lease', { json }],
      ['PUT', '/v1/jobs/job-1/lease', { headers }],
      ['PUT', '/v1/jobs/job-1/sheets/1', { json: { status: 'completed' }, headers }],
      ['POST', '/v1/jobs/waiting/pause', {}],
      ['DELETE', '/v1/jobs/job-1/lease', { headers }],
      ['DELETE', '/v1/jobs/waiting', {}],
      ['GET', '/v1/jobs', {}],
    ];
    for (const request of requests) {
      const answer = await world.app.ask(...request);
      expect(answer).toMatchObject(UNAVAILABLE);
      expect(answer.header('retry-after')).toBe('1');
    }
    expect(writes).toBe(0);
    expect(world.shards.map(shard => [shard.calls.length, shard.take().written])).toEqual(
      world.shards.map(() => [0, 0]),
    );
    for (const shard of world.shards) shard.callersProtocol = 0;
    expect((await beat(world.app, held)).status).toBe(200);
    expect(await claimed(world.app)).toBe('waiting');
  });
});

describe('a Worker of a later protocol than one of its shards', () => {
  it('serves the jobs of the others', async () => {
    const { app } = world;
    const old = world.shardOf('job-1');
    old.callersProtocol = 1;
    const other = ['a', 'b', 'c', 'd', 'e', 'f'].find(id => world.shardOf(id) !== old) ?? '';
    await app.create({ job_id: other });
    expect((await beat(app, held)).status).toBe(503);
    const path = `/v1/jobs/${other}`;
    const taken = await acquire(app, { path, ttl_seconds: 60 });
    expect((await beat(app, taken, path)).status).toBe(200);
  });
});
