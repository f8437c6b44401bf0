import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeaseNews } from '../../lib/presence/lease-news.ts';
import { acquire, beat, type Held } from '../support/leasing.ts';
import { putLeases } from './put-leases.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';
import { openStream, STREAM_PLACE, type StreamObject } from './stream-object.ts';

let world: ShardWorld;
let streams: StreamObject | null;
/** What the shards have sent, and to which object. */
let sent: { readonly listener: number; readonly news: readonly LeaseNews[] }[];
/** How the call of the object ends. */
let arrive: (news: readonly LeaseNews[]) => Promise<void>;

const pathOf = (nth: number) => `/v1/jobs/job-${nth}`;

async function hold(nth: number, ttl_seconds = 60): Promise<Held> {
  await world.app.create({ job_id: `job-${nth}` });
  return acquire(world.app, { path: pathOf(nth), ttl_seconds });
}

const pause = (nth: number) =>
  world.app.ask('POST', `${pathOf(nth)}/pause`, { json: { error_message: 'soon' } });

beforeEach(async () => {
  sent = [];
  streams = null;
  arrive = async news => streams?.presence.learn(news);
  world = await openWorld({
    async tell(listener, news) {
      sent.push({ listener, news });
      await arrive(news);
    },
  });
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
});

afterEach(() => world.close());

describe('the request of an operator', () => {
  it('is told at once to the stream that renews the lease', async () => {
    streams = await openStream(world);
    const held = await hold(1);
    await streams.add([held]);
    await pause(1);
    await world.advance(0);
    expect(streams.told('request')).toEqual([
      expect.objectContaining({
        lease_id: held.leaseId,
        requested: 'pause',
        request_message: 'soon',
      }),
    ]);
    expect(sent.map(({ listener }) => listener)).toEqual([STREAM_PLACE]);
  });

  it('and its withdrawal, each once, in their order', async () => {
    streams = await openStream(world);
    await streams.add([await hold(1)]);
    await pause(1);
    await world.app.ask('POST', `${pathOf(1)}/resume`);
    await pause(1);
    await world.advance(0);
    await streams.ring();
    const requests = streams.told('request').map(({ requested }) => requested);
    expect(requests).toEqual(['pause', null, 'pause']);
  });

  it('asks nothing of an object where no stream renews the lease', async () => {
    streams = await openStream(world);
    await streams.add([await hold(1)]);
    const held = await hold(2);
    await beat(world.app, held, pathOf(2));
    await pause(2);
    await world.app.ask('DELETE', `${pathOf(2)}/lease`, { headers: held.headers });
    await world.advance(1_000);
    expect(sent).toEqual([]);
    streams.presence.learn([{ kind: 'lost', leaseKey: 'leases/job-2.unknown.json' }]);
    expect(streams.told('lease_lost')).toEqual([]);
  });

  it('reaches an object that has lost its memory', async () => {
    streams = await openStream(world);
    await streams.add([await hold(1)]);
    await world.advance(1_000);
    streams.restart();
    await pause(1);
    await world.advance(0);
    expect(streams.told('request')).toMatchObject([{ requested: 'pause' }]);
  });

  it.each([
    ['the object did not answer', () => Promise.reject(new Error('Network connection lost.'))],
    ['the object never answers', () => new Promise<void>(() => {})],
  ])('comes with the next renewal when %s', async (_why, fail) => {
    streams = await openStream(world);
    await streams.add([await hold(1)]);
    arrive = fail;
    await pause(1);
    await world.advance(0);
    expect(streams.told('request')).toEqual([]);
    await streams.ring();
    expect(streams.told('request')).toMatchObject([{ requested: 'pause' }]);
  });

  it('comes with the next renewal when the shard has forgotten who renews the lease', async () => {
    streams = await openStream(world);
    await streams.add([await hold(1)]);
    for (const shard of world.shards) shard.crash();
    await pause(1);
    await world.advance(0);
    expect(sent).toEqual([]);
    await streams.ring();
    expect(streams.told('request')).toMatchObject([{ requested: 'pause' }]);
  });

  it('is not withdrawn by a renewal that was answered before it', async () => {
    streams = await openStream(world);
    await streams.add([await hold(1)]);
    const shard = world.shardOf('job-1');
    // The answer of the renewal is on its way while the operator asks.
    shard.afterCall = async name => {
      if (name !== 'renew') return;
      shard.afterCall = null;
      await pause(1);
    };
    await streams.ring();
    await streams.ring();
    expect(streams.told('request')).toMatchObject([{ requested: 'pause' }]);
  });
});

describe('a lease that has ended', () => {
  it('is told to the stream a moment after the answer to its holder', async () => {
    streams = await openStream(world);
    const held = await hold(1);
    await streams.add([held]);
    await world.app.ask('DELETE', `${pathOf(1)}/lease`, { headers: held.headers });
    await world.advance(249);
    expect(streams.told('lease_lost')).toEqual([]);
    await world.advance(1);
    expect(streams.told('lease_lost')).toEqual([{ lease_id: held.leaseId }]);
  });

  it('leases that end together are told together', async () => {
    streams = await openStream(world);
    const held = [await hold(1), await hold(2), await hold(3), await hold(4)];
    await streams.add(held);
    for (const [index, { headers }] of held.entries()) {
      await world.app.ask('DELETE', `${pathOf(index + 1)}/lease`, { headers });
    }
    await world.advance(1_000);
    expect(streams.told('lease_lost')).toHaveLength(4);
    expect(sent.length).toBeLessThanOrEqual(world.shards.length);
  });
});

describe('an object that does not answer', () => {
  it('is told no more for ten seconds', async () => {
    streams = await openStream(world);
    await streams.add([await hold(1), await hold(2)]);
    let calls = 0;
    arrive = () => {
      calls += 1;
      return new Promise<void>(() => {});
    };
    await pause(1);
    await world.app.ask('POST', `${pathOf(1)}/resume`);
    await world.advance(9_000);
    expect(calls).toBe(1);
    await world.advance(2_000);
    expect(calls).toBe(2);
  });
});

describe('a stream with 1,000 leases', () => {
  it('renews them by one call of each shard, within the limits of messages and records', async () => {
    world.close();
    world = await openWorld({ shards: 8 });
    for (const shard of world.shards) await shard.running();
    await world.advance(1_000);
    const longIds = Array.from({ length: 1_000 }, (_, nth) => `${nth}-`.padEnd(LONGEST_ID, 'x'));
    streams = await openStream(world);
    await streams.openWith(await putLeases(world, longIds));
    await world.advance(5_000);
    takeCounts();
    streams.texts.length = 0;
    await streams.ring();
    const { calls, written, writes } = takeCounts();
    expect(streams.told('renewed')[0]?.['leases']).toHaveLength(1_000);
    expect(calls).toEqual(world.shards.map(() => 'renew'));
    // A row of each shard has its renewals.
    expect(written).toBe(world.shards.length);
    // Of the stream nothing is stored but the time of its alarm.
    expect(writes).toBe(1);
    expect(Math.max(...streams.texts.map(text => text.length))).toBeLessThan(128 * 1024);
    const [record] = streams.records.values();
    expect(JSON.stringify(record).length).toBeLessThan(MOST_RECORD_BYTES);
  });
});

/** Of job ids. */
const LONGEST_ID = 200;
/** A value in the storage of an object. */
const MOST_RECORD_BYTES = 2_000_000;

function takeCounts(): {
  readonly calls: readonly string[];
  readonly written: number;
  readonly writes: number;
} {
  let written = 0;
  const calls = world.shards.flatMap(shard => {
    written += shard.take().written;
    return shard.calls.splice(0);
  });
  const writes = streams?.writes ?? 0;
  if (streams !== null) streams.writes = 0;
  return { calls, written, writes };
}
