import { afterEach, describe, expect, it } from 'vitest';
import type { Answer, AskOptions } from '../../support/app.ts';
import { acquire, claimed, type Held } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { aState } from '../../support/state.ts';
import { openWorld, type ShardWorld } from '../shard-world.ts';

/*
 * Shards that refuse every call for a while, with the errors of the platform. What is asked meanwhile is 503, and nothing that was
 * acknowledged is lost.
 */

const UNAVAILABLE = { status: 503, code: 'store_unavailable' } as const;
const TTL_SECONDS = 60;

interface Refusing {
  readonly world: ShardWorld;
  readonly held: readonly Held[];
  /** What calls of shards are refused with, after so many that are answered; null: all are answered. */
  refuse(error: (() => Error) | null, after?: number): void;
  /** How many calls of shards were refused since this was asked last. */
  refused(): number;
}

let world: ShardWorld | null = null;

afterEach(() => world?.close());

/** Jobs `job-0` to `job-2` are held, and `waiting` waits. */
async function openRefusing(): Promise<Refusing> {
  let fault: (() => Error) | null = null;
  let refused = 0;
  let answered = 0;
  const opened = await openWorld({
    async step(name, task) {
      if (fault === null || !name.startsWith('shard ')) return task();
      answered -= 1;
      if (answered >= 0) return task();
      refused += 1;
      throw fault();
    },
  });
  world = opened;
  for (const shard of opened.shards) await shard.running();
  await opened.advance(1_000);
  const held: Held[] = [];
  for (let nth = 0; nth < 3; nth += 1) {
    await opened.app.create({ job_id: `job-${nth}`, total_sheets: 3 });
    held.push(await acquire(opened.app, { path: `/v1/jobs/job-${nth}`, ttl_seconds: TTL_SECONDS }));
  }
  await opened.app.create({ job_id: 'waiting' });
  return {
    world: opened,
    held,
    refuse(error, after = 0) {
      fault = error;
      answered = after;
    },
    refused() {
      const count = refused;
      refused = 0;
      return count;
    },
  };
}

const marked = (message: string, marks: object) => () => Object.assign(new Error(message), marks);

const FAULTS = {
  overloaded: marked('Durable Object is overloaded. Too many requests queued.', {
    overloaded: true,
    retryable: true,
  }),
  retryable: marked('Durable Object storage operation exceeded timeout.', { retryable: true }),
  'of another kind': marked('No such table', {}),
};

type Ask = readonly [method: string, path: string, options?: AskOptions];

const asks = ([first]: readonly Held[]): Readonly<Record<string, Ask>> => ({
  create: ['POST', '/v1/jobs', { json: aState({ job_id: 'new' }) }],
  'claim the next job': ['POST', '/v1/claims', { json: { holder: 'w-2' } }],
  'claim a job': ['POST', '/v1/jobs/waiting/lease', { json: { holder: 'w-2' } }],
  heartbeat: ['PUT', '/v1/jobs/job-0/lease', { headers: { ...first?.headers } }],
  update: [
    'PUT',
    '/v1/jobs/job-0/sheets/1',
    { json: { status: 'completed' }, headers: { ...first?.headers } },
  ],
  release: ['DELETE', '/v1/jobs/job-0/lease', { headers: { ...first?.headers } }],
  list: ['GET', '/v1/jobs'],
  stats: ['GET', '/v1/stats'],
});

function askOf(all: Readonly<Record<string, Ask>>, name: string): Ask {
  const ask = all[name];
  if (ask === undefined) throw new TypeError(`No request has the name ${name}`);
  return ask;
}

const MOST_CALLS: Readonly<Record<string, number>> = {
  create: 2,
  'claim a job': 2,
  'claim the next job': 3,
  list: 3,
  stats: 3,
};

const beatAll = ({ world: { app }, held }: Refusing) =>
  app.ask('POST', '/v1/heartbeats', { json: { beats: held.map(({ token }) => ({ token })) } });

const lastOf = ({ json }: Answer) =>
  (json as { last_completed_sheet: number }).last_completed_sheet;

/** A call that may end differently is tried for ten seconds, by pauses; others are not tried again. */
describe.each([
  ['overloaded', 1],
  ['retryable', 10],
  ['of another kind', 1],
] as const)('shards that refuse each call with an error that is %s', (kind, tries) => {
  it('make each request 503 with Retry-After, after few calls', async () => {
    const refusing = await openRefusing();
    refusing.refuse(FAULTS[kind]);
    const all = asks(refusing.held);
    const tooMany: string[] = [];
    for (const [name, ask] of Object.entries(all)) {
      const answer = await refusing.world.app.ask(...ask);
      expect(answer).toMatchObject(aProblem(UNAVAILABLE));
      expect(answer.header('retry-after')).toBe('1');
      // A list asks three shards; a create also takes its hint back, and a claim its lease.
      const calls = refusing.refused();
      if (calls > (MOST_CALLS[name] ?? 1) * tries) tooMany.push(`${name}: ${calls}`);
    }
    expect(tooMany).toEqual([]);
  });

  it('make each heartbeat of a batch fail by itself, by one call of each shard', async () => {
    const refusing = await openRefusing();
    refusing.refuse(FAULTS[kind]);
    const failed = { ok: false, ...UNAVAILABLE };
    const answer = await beatAll(refusing);
    expect((answer.json as { beats: unknown }).beats).toMatchObject([failed, failed, failed]);
    const shards = new Set(refusing.held.map((_, nth) => refusing.world.shardOf(`job-${nth}`)));
    expect(refusing.refused()).toBe(shards.size * tries);
  });

  it('lose nothing that was acknowledged, and all goes on when they answer', async () => {
    const refusing = await openRefusing();
    const { app } = refusing.world;
    const all = asks(refusing.held);
    expect((await app.ask(...askOf(all, 'update'))).status).toBe(200);
    refusing.refuse(FAULTS[kind]);
    for (const [name, ask] of Object.entries(all)) if (name !== 'update') await app.ask(...ask);
    await refusing.world.advance(20_000);
    refusing.refuse(null);
    expect((await app.ask('GET', '/v1/jobs/new')).status).toBe(404);
    expect(lastOf(await app.ask('GET', '/v1/jobs/job-0'))).toBe(1);
    const oks = (await beatAll(refusing)).json as { beats: { ok: boolean }[] };
    expect(oks.beats.map(({ ok }) => ok)).toEqual([true, true, true]);
    const [method, , options] = askOf(all, 'update');
    expect((await app.ask(method, '/v1/jobs/job-0/sheets/2', options)).status).toBe(200);
    expect(await claimed(app)).toBe('waiting');
    expect(await claimed(app)).toBeNull();
    const { json } = await app.ask('GET', '/v1/jobs?status=running');
    expect((json as { jobs: unknown[] }).jobs).toHaveLength(4);
  });
});

describe('shards that are overloaded in the middle of a request', () => {
  it.each(['create', 'claim the next job', 'claim a job', 'update', 'release'])(
    'leave every job to be listed and claimed once: %s',
    async name => {
      for (const after of [1, 2, 4]) {
        const refusing = await openRefusing();
        const { app } = refusing.world;
        const [method, path, options] = askOf(asks(refusing.held), name);
        refusing.refuse(FAULTS.overloaded, after);
        const answer = await app.ask(method, path, options);
        refusing.refuse(null);
        expect(answer.status === 503 || answer.status < 300, `${answer.status}`).toBe(true);
        for (let round = 0; round < 2; round += 1) {
          await refusing.world.advance(120_000);
          await app.repository.missingLeases.recoverAll();
        }
        const isCreated = (await app.ask('GET', '/v1/jobs/new')).status === 200;
        // What was acknowledged.
        const isAcknowledged = answer.status < 300;
        expect(isCreated || name !== 'create' || !isAcknowledged).toBe(true);
        const last = lastOf(await app.ask('GET', '/v1/jobs/job-0'));
        expect(last).toBeGreaterThanOrEqual(name === 'update' && isAcknowledged ? 1 : 0);
        const ids = ['job-0', 'job-1', 'job-2', ...(isCreated ? ['new'] : []), 'waiting'];
        expect(await listedIds(refusing.world), `after ${after}`).toEqual(ids);
        expect(await claimAll(refusing.world), `after ${after}`).toEqual(ids);
        refusing.world.close();
      }
    },
  );
});

async function listedIds({ app }: ShardWorld): Promise<string[]> {
  const { json } = await app.ask('GET', '/v1/jobs?status=pending,paused');
  return (json as { jobs: { job_id: string }[] }).jobs.map(({ job_id: id }) => id).toSorted();
}

/** Every job that claims get. */
async function claimAll({ app }: ShardWorld): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const id = await claimed(app);
    if (id === null) return ids.toSorted();
    ids.push(id);
  }
}

describe('one shard that is overloaded', () => {
  it('leaves the jobs of the others as they are', async () => {
    const { world: opened, held } = await openRefusing();
    const down = opened.shardOf('job-0');
    down.isDown = true;
    const statuses = await Promise.all(
      held.map(async ({ headers }, nth) => {
        const path = `/v1/jobs/job-${nth}/sheets/1`;
        const { status } = await opened.app.ask('PUT', path, {
          json: { status: 'completed' },
          headers,
        });
        return status;
      }),
    );
    const isDown = held.map((_, nth) => opened.shardOf(`job-${nth}`) === down);
    expect(statuses).toEqual(isDown.map(each => (each ? 503 : 200)));
    expect(new Set(isDown).size).toBe(2);
  });
});
