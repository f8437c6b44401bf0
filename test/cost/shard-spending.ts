import { putLeases } from '../shards/put-leases.ts';
import { openWorld, type ShardWorld } from '../shards/shard-world.ts';
import { openStream, type StreamObject } from '../shards/stream-object.ts';
import { acquire } from '../support/leasing.ts';
import { countBucket, operationsIn } from './counted-bucket.ts';
import type {
  ShardRequestName,
  ShardSpending,
  STREAM_RENEWALS,
  STREAM_REQUEST,
} from './shard-operations.ts';

const SHARDS = 8;
const ASK = { holder: 'w-1' };

/** What the requests ask of shards that know that their catalogues are complete. */
export async function spendingOf(name: ShardRequestName): Promise<ShardSpending> {
  let takeCalls = (): string => '';
  const world = await openWorld({
    shards: SHARDS,
    wrap(bucket) {
      const counted = countBucket(bucket);
      takeCalls = () => operationsIn(counted.takeCalls());
      return counted.bucket;
    },
  });
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
  const request = await REQUESTS[name](world);
  await world.advance(120_000);
  take(world);
  takeCalls();
  await request();
  const bucket = takeCalls();
  const spent = { ...take(world), bucket };
  world.close();
  return spent;
}

/** Rows that one shard writes in a minute of the heartbeats of so many jobs, with a ttl of 60 s. */
export async function busyRowsAMinute(jobs: number): Promise<number> {
  const world = await openWorld({ shards: 1 });
  await world.advance(1_000);
  const tokens = await holdMany(world, jobs);
  const apart = Math.floor(20_000 / jobs);
  const round = async () => {
    for (const token of tokens) {
      await beat(world, token);
      await world.advance(apart);
    }
  };
  await round();
  take(world);
  for (let third = 0; third < 3; third += 1) await round();
  const { written } = take(world);
  world.close();
  return written;
}

/** What the alarm of an object with streams asks of one shard, and how often it is set. */
export async function streamRenewals({
  leases,
  renewals,
}: Pick<typeof STREAM_RENEWALS, 'leases' | 'renewals'>): Promise<typeof STREAM_RENEWALS> {
  const world = await openWorld({ shards: 1 });
  await world.advance(1_000);
  const stream = await openStream(world);
  const tokens = await putLeases(
    world,
    Array.from({ length: leases }, (_, nth) => `job-${nth}`),
  );
  // A stream has a thousand leases at most.
  await stream.openWith(tokens.slice(0, 1_000));
  await stream.openWith(tokens.slice(1_000));
  await world.advance(5_000);
  take(world);
  stream.writes = 0;
  for (let nth = 0; nth < renewals; nth += 1) await stream.ring();
  await world.advance(5_000);
  const { calls, written } = take(world);
  world.close();
  return { leases, renewals, calls, written, alarms: stream.writes };
}

/** What a request of an operator asks of the object whose stream renews the lease. */
export async function streamRequest(): Promise<typeof STREAM_REQUEST> {
  let calls = 0;
  let stream: StreamObject | null = null;
  const world = await openWorld({
    async tell(_listener, news) {
      calls += 1;
      stream?.presence.learn(news);
    },
  });
  stream = await openStream(world);
  await world.app.create();
  await stream.add([await acquire(world.app)]);
  await world.advance(1_000);
  stream.writes = 0;
  await world.app.ask('POST', '/v1/jobs/job-1/pause');
  await world.advance(1_000);
  world.close();
  return { calls, written: stream.writes };
}

/** Alarms are rows too. */
function take(world: ShardWorld): { calls: number; written: number } {
  let calls = 0;
  let written = 0;
  for (const shard of world.shards) {
    calls += shard.calls.length;
    written += shard.take().written + shard.alarmsSet;
    shard.calls.length = 0;
    shard.alarmsSet = 0;
  }
  return { calls, written };
}

type Request = () => Promise<unknown>;

const REQUESTS: Readonly<Record<ShardRequestName, (world: ShardWorld) => Promise<Request>>> = {
  async 'heartbeat in a quiet time'(world) {
    const [token = ''] = await holdMany(world, 1, 3_600);
    return () => beat(world, token);
  },
  async '100 heartbeats in one request, in a quiet time'(world) {
    const tokens = await holdMany(world, 100, 3_600);
    const json = { beats: tokens.map(token => ({ token })) };
    return () => world.app.ask('POST', '/v1/heartbeats', { json });
  },
  create: async world => () => world.app.create(),
  async claim(world) {
    await world.app.create();
    return () => world.app.ask('POST', '/v1/claims', { json: ASK });
  },
  async 'the next claim of an isolate within two seconds'(world) {
    // All shards have leases, as in a service that is used.
    await holdMany(world, 40, 3_600);
    for (const job_id of ['next-1', 'next-2']) await world.app.create({ job_id });
    const claim = () =>
      world.app.ask('POST', '/v1/claims', { json: { ...ASK, ttl_seconds: 3_600 } });
    await claim();
    return claim;
  },
  'claim where none waits': async world => () => world.app.ask('POST', '/v1/claims', { json: ASK }),
  async 'update completed'(world) {
    await world.app.create();
    const { headers } = await acquire(world.app, { ttl_seconds: 3_600 });
    const path = '/v1/jobs/job-1/sheets/1';
    await world.app.ask('PUT', path, { headers, json: { status: 'in_progress' } });
    return () => world.app.ask('PUT', path, { headers, json: { status: 'completed' } });
  },
};

async function holdMany(world: ShardWorld, jobs: number, ttl_seconds = 60): Promise<string[]> {
  const tokens: string[] = [];
  for (let nth = 0; nth < jobs; nth += 1) {
    await world.app.create({ job_id: `job-${nth}` });
    const held = await acquire(world.app, { path: `/v1/jobs/job-${nth}`, ttl_seconds });
    tokens.push(held.token);
  }
  return tokens;
}

function beat(world: ShardWorld, token: string): Promise<unknown> {
  return world.app.ask('POST', '/v1/heartbeats', { json: { beats: [{ token }] } });
}
