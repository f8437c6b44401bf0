import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { acquire, claimed } from '../support/leasing.ts';
import { aState } from '../support/state.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

/*
 * Another program writes to the bucket, so the catalogues are wrong. The daily comparison never runs here.
 */

let world: ShardWorld;

beforeEach(async () => {
  world = await openWorld();
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
});

afterEach(() => world.close());

type Json = Record<string, unknown>;

const keyOf = (jobId: string) => `jobs/${jobId}.json`;

/** The label and the body of a job, as they are stored. */
async function storedAs(jobId: string): Promise<{ body: Uint8Array; label: Json }> {
  const object = await world.bucket.get(keyOf(jobId));
  if (object === null) throw new Error(`There is no ${jobId}`);
  const body = new Uint8Array(await object.arrayBuffer());
  return { body, label: JSON.parse(object.customMetadata?.['label'] ?? '') as Json };
}

async function putForeign(jobId: string, body: Uint8Array | Json, label: Json): Promise<void> {
  const bytes =
    body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body, null, 2));
  const customMetadata = { label: JSON.stringify(label) };
  await world.bucket.put(keyOf(jobId), bytes, { customMetadata });
}

async function listed(query = ''): Promise<string[]> {
  const { json } = await world.app.ask('GET', `/v1/jobs${query}`);
  return (json as { jobs: { job_id: string; job_name: string; status: string }[] }).jobs.map(
    ({ job_id, job_name, status }) => `${job_id} ${job_name} ${status}`,
  );
}

/** By an isolate that does not know the job. */
function read(jobId: string) {
  const { store, clock } = world;
  return openApp({ store, clock }).ask('GET', `/v1/jobs/${jobId}`);
}

const callsOf = () => world.shards.flatMap(({ calls }) => calls.splice(0));

describe('a read repairs a catalogue that', () => {
  it('names a job that is gone', async () => {
    await world.app.create({ job_id: 'job-1' });
    await world.bucket.delete(keyOf('job-1'));
    expect(await listed()).toEqual(['job-1 A job pending']);
    expect((await read('job-1')).status).toBe(404);
    await world.advance(1_000);
    expect(await listed()).toEqual([]);
  });

  it('has another version, with another name and status', async () => {
    await world.app.create({ job_id: 'job-1' });
    const { label } = await storedAs('job-1');
    const changed = { job_name: 'other', status: 'paused' };
    await putForeign('job-1', aState({ job_id: 'job-1', ...changed }), { ...label, ...changed });
    expect(await listed()).toEqual(['job-1 A job pending']);
    await read('job-1');
    await world.advance(1_000);
    expect(await listed()).toEqual(['job-1 other paused']);
  });

  it('has another label of the same version', async () => {
    await world.app.create({ job_id: 'job-1' });
    const { body, label } = await storedAs('job-1');
    await putForeign('job-1', body, { ...label, job_name: 'other' });
    await read('job-1');
    await world.advance(1_000);
    expect(await listed()).toEqual(['job-1 other pending']);
    expect(await listed('?job_name=A%20job')).toEqual([]);
  });

  it('lists it with another status', async () => {
    await world.app.create({ job_id: 'job-1' });
    const { body, label } = await storedAs('job-1');
    await putForeign('job-1', body, { ...label, status: 'failed' });
    expect(await listed('?status=failed')).toEqual([]);
    await read('job-1');
    await world.advance(1_000);
    expect(await listed('?status=failed')).toEqual(['job-1 A job failed']);
    expect(await listed('?status=pending')).toEqual([]);
    const { json } = await world.app.ask('GET', '/v1/stats');
    expect(json).toMatchObject({ jobs: { pending: 0, failed: 1 } });
  });

  it('does not have the job', async () => {
    await world.app.create({ job_id: 'job-1' });
    const { label } = await storedAs('job-1');
    await putForeign('new-1', aState({ job_id: 'new-1' }), { ...label, job_id: 'new-1' });
    expect(await listed()).toEqual(['job-1 A job pending']);
    expect((await read('new-1')).status).toBe(200);
    await world.advance(1_000);
    expect(await listed()).toHaveLength(2);
  });
});

interface Wrong {
  readonly make: () => Promise<void>;
  /** What claims of these names, and then of all, get. */
  readonly byName: string | null;
  readonly byOther: string | null;
  readonly byAll: string | null;
  /** What lists say a second later. */
  readonly listedThen: readonly string[];
}

/** Another program changes the job, which claims and lists have not read since. */
async function change(changed: Json): Promise<void> {
  const { label } = await storedAs('job-1');
  await putForeign('job-1', aState({ job_id: 'job-1', ...changed }), { ...label, ...changed });
}

async function relabel(changed: Json): Promise<void> {
  const { body, label } = await storedAs('job-1');
  await putForeign('job-1', body, { ...label, ...changed });
}

const WRONG: Readonly<Record<string, Wrong>> = {
  'names a job that is gone': {
    make: () => world.bucket.delete(keyOf('job-1')),
    byName: null,
    byOther: null,
    byAll: null,
    listedThen: [],
  },
  'has another version, with another name': {
    make: () => change({ job_name: 'other' }),
    byName: null,
    byOther: 'job-1',
    byAll: null,
    listedThen: ['job-1 other running'],
  },
  'has another version, of a completed job': {
    make: () => change({ status: 'completed' }),
    byName: null,
    byOther: null,
    byAll: null,
    listedThen: ['job-1 A job completed'],
  },
  'has another label of the same version': {
    make: () => relabel({ job_name: 'other' }),
    byName: 'job-1',
    byOther: null,
    byAll: null,
    listedThen: ['job-1 A job running'],
  },
  'lists it with another status': {
    make: () => relabel({ status: 'failed' }),
    byName: 'job-1',
    byOther: null,
    byAll: null,
    listedThen: ['job-1 A job running'],
  },
};

describe('a claim gets what the stored job says, and repairs a catalogue that', () => {
  it.each(Object.entries(WRONG))('%s', async (_, { make, byName, byOther, byAll, listedThen }) => {
    await world.app.create({ job_id: 'job-1' });
    await make();
    expect(await listed()).toEqual(['job-1 A job pending']);
    expect(await claimed(world.app, { job_name: 'A job' })).toBe(byName);
    expect(await claimed(world.app, { job_name: 'other' })).toBe(byOther);
    expect(await claimed(world.app)).toBe(byAll);
    await world.advance(1_000);
    expect(await listed()).toEqual(listedThen);
  });

  it('does not have the job, which its id gets', async () => {
    await world.app.create({ job_id: 'job-1' });
    const { label } = await storedAs('job-1');
    await putForeign('new-1', aState({ job_id: 'new-1' }), { ...label, job_id: 'new-1' });
    await acquire(world.app, { path: '/v1/jobs/new-1' });
    await world.advance(1_000);
    expect((await listed()).toSorted()).toEqual(['job-1 A job pending', 'new-1 A job running']);
    expect(await claimed(world.app)).toBe('job-1');
    expect(await claimed(world.app)).toBeNull();
  });
});

describe('what reads find', () => {
  it('costs one call of a shard a minute, however many reads there are', async () => {
    for (let nth = 0; nth < 9; nth += 1) await world.app.create({ job_id: `job-${nth}` });
    await world.advance(120_000);
    callsOf();
    for (let minute = 0; minute < 3; minute += 1) {
      for (let nth = 0; nth < 90; nth += 1) {
        await world.app.ask('GET', `/v1/jobs/job-${nth % 9}`);
      }
      await world.advance(60_000);
    }
    expect(callsOf().filter(name => name === 'apply').length).toBeLessThanOrEqual(9);
  });

  it('goes along with the next change in the shard, and then needs no call', async () => {
    await world.app.create({ job_id: 'job-1' });
    await world.advance(120_000);
    await world.bucket.delete(keyOf('job-1'));
    await read('job-1');
    callsOf();
    const other = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].find(
      name => world.shardOf(name) === world.shardOf('job-1'),
    );
    await world.app.create({ job_id: other ?? '' });
    const created = callsOf();
    await world.advance(1_000);
    expect(callsOf()).toEqual([]);
    expect(created).toEqual(['apply', 'apply', 'apply']);
    expect(await listed()).toEqual([`${other} A job pending`]);
  });

  it('puts nothing in doubt that was written since', async () => {
    await world.app.create({ job_id: 'job-1' });
    await read('job-1');
    world.clock.advance(10);
    // As by another isolate, which the shard has heard of.
    const { body, label } = await storedAs('job-1');
    const shard = world.shardOf('job-1');
    const host = await shard.running();
    await host.apply([{ do: 'announce', key: keyOf('job-1'), id: 'other' }]);
    const renamed = JSON.stringify({ ...label, job_name: 'other' });
    await putForeign('job-1', new Uint8Array([...body, 32]), { ...label, job_name: 'other' });
    const version = (await world.bucket.head(keyOf('job-1')))?.etag as never;
    const stored = { kind: 'stored', version, label: renamed, over: undefined } as const;
    await host.apply([{ do: 'settle', key: keyOf('job-1'), id: 'other', outcome: stored }]);
    await world.advance(1_000);
    world.breakBucket(new Error('No look-up is needed'));
    expect(await listed()).toEqual(['job-1 other pending']);
  });
});
