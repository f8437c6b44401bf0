import { afterEach, describe, expect, it } from 'vitest';
import { EFFORT } from '../support/effort.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

/*
 * A worker's calls, cut at every call of a shard and of the bucket that the Worker makes for them: before it, or after it and before
 * its answer. No acknowledged update may be lost, and the backstop leaves no job that no list and no claim finds.
 */

const JOB = '/v1/jobs/job-1';
const TTL_SECONDS = 5;

type Cut = (fail: () => Error, world: ShardWorld, call: () => Promise<unknown>) => Promise<never>;

/** The next call fails once, and is tried again. */
const ONCE: Readonly<Record<string, Cut>> = {
  'a lost request': async fail => {
    throw fail();
  },
  'a lost answer': async (fail, _world, call) => {
    await call();
    throw fail();
  },
  'a shard that restarts before it': async (fail, world) => {
    world.shards[0]?.crash();
    throw fail();
  },
  'a shard that restarts after it': async (fail, world, call) => {
    await call();
    world.shards[0]?.crash();
    throw fail();
  },
};

/** From then on the Worker does nothing any more, until another one takes over. */
const FOR_GOOD: Readonly<Record<string, Cut>> = {
  'a Worker that ends before it': async fail => {
    throw fail();
  },
  'a Worker that ends after it': async (fail, _world, call) => {
    await call();
    throw fail();
  },
  'a Worker and a shard that end after it': async (fail, world, call) => {
    await call();
    world.shards[0]?.crash();
    throw fail();
  },
};

let world: ShardWorld;

afterEach(() => world.close());

interface Seen {
  /** The sheets whose completion was acknowledged. */
  readonly completed: Set<number>;
  readonly refused: number[];
  steps: number;
  /** The call that was cut. */
  cut: string;
}

/** Each cut takes every so many steps. The first two of them lose a hint and a lease, if the shard loses what is not durable. */
const STRIDE = Math.ceil(20 / EFFORT);
const FIRST = Math.min(3, STRIDE);

/** Runs the calls of a worker, cut at the step with this number. */
async function runCut(at: number, cut: Cut, isForGood: boolean): Promise<Seen> {
  const seen: Seen = { completed: new Set(), refused: [], steps: 0, cut: '' };
  let isCounted = false;
  let isDead = false;
  world = await openWorld({
    shards: 1,
    async step(name, task) {
      if (!isCounted) return task();
      if (isDead) throw new TypeError('The isolate has ended');
      seen.steps += 1;
      if (seen.steps !== at) return task();
      isDead = isForGood;
      seen.cut = name;
      const error = isForGood
        ? new TypeError('The isolate has ended')
        : new Error('Network connection lost.');
      return cut(() => error, world, task);
    },
  });
  await world.shards[0]?.running();
  await world.advance(1_000);
  isCounted = true;
  for (const call of calls(seen)) {
    await call();
    // Each call may have another isolate.
    isDead = false;
  }
  isCounted = false;
  return seen;
}

function* calls(seen: Seen): Generator<() => Promise<void>> {
  const { app } = world;
  let token = '';
  const ask = async (method: string, path: string, json?: unknown) => {
    const headers = token === '' ? {} : { 'Lease-Token': token };
    const answer = await app.ask(
      method,
      path,
      json === undefined ? { headers } : { json, headers },
    );
    if (answer.status >= 300) seen.refused.push(answer.status);
    return answer;
  };
  const claim = async () => {
    token = '';
    const claimed = await ask('POST', '/v1/claims', { holder: 'w-1', ttl_seconds: TTL_SECONDS });
    if (claimed.status === 201) ({ token } = claimed.json as { token: string });
  };
  const complete = async (sheet: number) => {
    const updated = await ask('PUT', `${JOB}/sheets/${sheet}`, { status: 'completed' });
    if (updated.status === 200) seen.completed.add(sheet);
  };
  yield async () => {
    await app.create({ job_id: 'job-1', total_sheets: 3 }).catch(() => seen.refused.push(503));
  };
  yield claim;
  yield async () => void (await ask('PUT', `${JOB}/lease`));
  yield () => complete(1);
  yield async () => void (await ask('DELETE', `${JOB}/lease`));
  yield claim;
  yield () => complete(2);
  yield async () => void (await ask('GET', JOB));
}

/** What must hold after the alarms, the sweep and the comparison. */
async function check({ completed }: Seen): Promise<void> {
  const { app, store } = world;
  for (let round = 0; round < 3; round += 1) {
    await world.advance(60_000);
    await app.repository.missingLeases.recoverAll();
    await store.checkCatalogues({ cursor: null, limit: 100 });
  }
  const loaded = await app.ask('GET', JOB);
  const { json } = await app.ask('GET', '/v1/jobs');
  const listed = (json as { jobs: { status: string; version: string }[] }).jobs;
  const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'last' } });
  if (loaded.status === 404) {
    expect([listed, claimed.status, completed.size]).toEqual([[], 204, 0]);
    return;
  }
  const { status, last_completed_sheet: last } = loaded.json as Record<string, unknown>;
  expect(listed).toMatchObject([{ status, version: loaded.header('etag')?.slice(1, -1) }]);
  expect(Math.max(0, ...completed)).toBeLessThanOrEqual(Number(last));
  expect(claimed.status).toBe(201);
}

/** The cuts at which something does not hold, with what it is. */
async function faultsOf(cut: Cut, isForGood: boolean): Promise<string[]> {
  const faults: string[] = [];
  for (let at = FIRST; ; at += STRIDE) {
    const seen = await runCut(at, cut, isForGood);
    // Renewals are tried again by the ports, which this world does not have.
    const isRefused = seen.refused.length > 0 && seen.cut !== 'shard renew';
    if (isRefused && !isForGood) faults.push(`${at}: refused with ${seen.refused.join()}`);
    await check(seen).catch((error: unknown) => faults.push(`${at}: ${String(error)}`));
    world.close();
    if (seen.steps < at) return at > 20 ? faults : [`Only ${at} steps`];
  }
}

describe('every call of a shard and of the bucket survives', () => {
  it.each(Object.entries(ONCE))('%s', async (name, cut) => {
    // What the shard has lost makes the write fail that needs it: its caller repeats it.
    const isLoss = name.startsWith('a shard that restarts');
    const faults = await faultsOf(cut, false);
    expect(faults.filter(fault => !(isLoss && fault.includes('refused')))).toEqual([]);
  });

  it.each(Object.entries(FOR_GOOD))('%s', async (_, cut) => {
    expect(await faultsOf(cut, true)).toEqual([]);
  });
});
