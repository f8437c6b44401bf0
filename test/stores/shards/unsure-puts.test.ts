import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import type { ShardPort } from '../../../lib/stores/shard-port.ts';
import { createShardClient } from '../../../lib/stores/shards/shard-client.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';
import { bodyOf } from '../../conformance/body.ts';
import { KEYS, openShardWorld, type ShardWorld } from './shard-world.ts';

let world: ShardWorld;
let store: ShardedStore;

beforeEach(async () => {
  world = openShardWorld({ shards: 1 });
  store = world.open();
  await store.ordered?.complete('jobs', 0);
});

afterEach(() => world.close());

const lease = (job: string) =>
  store.put(`leases/${job}.1.json`, bodyOf('lease'), ABSENT, 'x', 'ordered');
const hint = (job: string) =>
  store.put(`ready/1.x~${job}`, bodyOf(''), UNCONDITIONAL, undefined, 'ordered');
const write = (job: string) => store.put(`jobs/${job}.json`, bodyOf(job), UNCONDITIONAL, '1 a n h');
const crash = () => world.shards[0]?.crash();
const held = () => world.shards[0]?.running() as ShardPort;
const PUT = {
  do: 'put',
  body: bodyOf('lease'),
  label: 'x',
  durability: 'ordered',
  version: 'v-1' as Version,
  isRepeated: false,
} as const;
const restarted = { message: expect.stringContaining('Nothing is written') };

describe('a write of a body, when its shard restarts after a put that belongs to it,', () => {
  it('fails before the body is written, and succeeds with a new put', async () => {
    await hint('a');
    crash();
    world.takeCalls();
    await expect(write('a')).rejects.toMatchObject(restarted);
    expect(world.takeCalls()).toEqual([]);
    await hint('a');
    expect(await write('a')).not.toBeNull();
  });

  it('fails for each of two that may rely on it, and no longer than two seconds', async () => {
    await lease('a');
    crash();
    await expect(write('a')).rejects.toMatchObject(restarted);
    world.stall(1_000);
    await expect(write('a')).rejects.toMatchObject(restarted);
    world.stall(1_000);
    expect(await write('a')).not.toBeNull();
  });

  it('fails for that body alone, also in one call', async () => {
    await lease('a');
    crash();
    const [a, b] = await Promise.allSettled([write('a'), write('b')]);
    expect([a.status, b.status]).toEqual(['rejected', 'fulfilled']);
    await lease('b');
    await lease('c');
    crash();
    await expect(write('b')).rejects.toMatchObject(restarted);
    await expect(write('c')).rejects.toMatchObject(restarted);
  });

  it('fails no more once the put is undone', async () => {
    await lease('a');
    crash();
    await store.delete('leases/a.1.json', UNCONDITIONAL, 'ordered');
    expect(await write('a')).not.toBeNull();
  });

  it('fails no more after half a minute, when its operation has ended', async () => {
    await lease('a');
    crash();
    world.stall(30_000);
    expect(await write('a')).not.toBeNull();
  });

  it('succeeds where the shard has stored the put before, as one that hibernates has', async () => {
    await lease('a');
    world.advance(10_000);
    crash();
    expect(await write('a')).not.toBeNull();
    await lease('b');
    await write('c');
    crash();
    world.take();
    expect(await write('b')).not.toBeNull();
    expect(world.take().calls).toBe(2);
  });

  it('fails where the put came between an earlier announcement and its answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isHeld = true;
    const port: ShardPort = {
      ...held(),
      async apply(steps) {
        const answer = await held().apply(steps);
        if (isHeld && steps[0]?.do === 'announce') await promise;
        return answer;
      },
    };
    const interrupted = () => {};
    const client = createShardClient(port, { keys: KEYS, nowMs: () => world.nowMs(), interrupted });
    const announce = (job: string) =>
      client.run('announce', { do: 'announce', key: `jobs/${job}.json`, id: job });
    const earlier = announce('b');
    await Promise.resolve();
    const put = { ...PUT, key: 'leases/a.1.json', precondition: ABSENT };
    await client.run('write', put);
    isHeld = false;
    resolve();
    await earlier;
    crash();
    await expect(announce('a')).rejects.toMatchObject(restarted);
  });
});

describe('a write of a body without a put that belongs to it', () => {
  it('succeeds after each restart of its shard', async () => {
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await write('a')).not.toBeNull();
      crash();
      world.take();
      expect(await write('a')).not.toBeNull();
      // An announcement, and what it came to.
      expect(world.take().calls).toBe(2);
      crash();
    }
  });
});
