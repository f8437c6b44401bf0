import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../support/app.ts';
import { acquire, claimed, type Held } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { aState } from '../../support/state.ts';
import { openWorld, type ShardWorld } from '../shard-world.ts';

/* R2 refuses every put for a minute, as it does where a bucket gets too many requests. */

const UNAVAILABLE = aProblem({ status: 503, code: 'store_unavailable' });
const JOBS = 4;

let world: ShardWorld;
let isThrottled: boolean;
let refused: number;
let held: Held[];
/** The sheets whose completion was acknowledged, for each job. */
let completed: number[][];

beforeEach(async () => {
  isThrottled = false;
  refused = 0;
  world = await openWorld({
    wrap: bucket => ({
      ...bucket,
      async put(...args) {
        if (!isThrottled) return bucket.put(...args);
        refused += 1;
        throw new Error('put: Reduce your concurrent request rate for the same object. (10058)');
      },
    }),
  });
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
  held = [];
  for (let nth = 0; nth < JOBS; nth += 1) {
    await world.app.create({ job_id: `job-${nth}`, total_sheets: 100 });
    held.push(await acquire(world.app, { path: `/v1/jobs/job-${nth}`, ttl_seconds: 10 }));
  }
  completed = held.map(() => []);
  await world.app.create({ job_id: 'waiting' });
});

afterEach(() => world.close());

async function update(nth: number, sheet: number): Promise<Answer> {
  const answer = await world.app.ask('PUT', `/v1/jobs/job-${nth}/sheets/${sheet}`, {
    json: { status: 'completed' },
    headers: { ...held[nth]?.headers },
  });
  if (answer.status === 200) completed[nth]?.push(sheet);
  return answer;
}

/** Of all holders but the last one, which has died. */
async function beatAll(): Promise<boolean[]> {
  const beats = held.slice(0, -1).map(({ token }) => ({ token }));
  const answer = await world.app.ask('POST', '/v1/heartbeats', { json: { beats } });
  return (answer.json as { beats: { ok: boolean }[] }).beats.map(({ ok }) => ok);
}

async function listed(query: string): Promise<string[]> {
  const { json } = await world.app.ask('GET', `/v1/jobs?${query}`);
  return (json as { jobs: { job_id: string }[] }).jobs.map(({ job_id: id }) => id).toSorted();
}

describe('a bucket that refuses each put for a minute', () => {
  it('makes changes 503 with Retry-After, and heartbeats go on', async () => {
    for (let nth = 0; nth < JOBS; nth += 1) expect((await update(nth, 1)).status).toBe(200);
    isThrottled = true;
    let sheet = 1;
    for (let second = 0; second < 60; second += 4) {
      await world.advance(4_000);
      expect(await beatAll()).toEqual([true, true, true]);
      sheet += 1;
      refused = 0;
      const answers = [
        await update(sheet % (JOBS - 1), sheet),
        await world.app.ask('POST', '/v1/claims', { json: { holder: 'w-2' } }),
        await world.app.ask('POST', '/v1/jobs', { json: aState({ job_id: `new-${sheet}` }) }),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject(UNAVAILABLE);
        expect(answer.header('retry-after')).toBe('1');
      }
      expect(refused).toBeLessThanOrEqual(10 * (answers.length + 1));
    }
    expect(await listed('status=running')).toEqual(['job-0', 'job-1', 'job-2', 'job-3']);
    expect(await listed('status=pending')).toEqual(['waiting']);
  });

  it('loses nothing: after it each job has its holder, or can be claimed', async () => {
    for (let nth = 0; nth < JOBS; nth += 1) await update(nth, 1);
    isThrottled = true;
    for (let second = 0; second < 60; second += 4) {
      await world.advance(4_000);
      await beatAll();
      await update(0, 2);
      await claimed(world.app).catch(() => null);
      await world.app.ask('POST', '/v1/jobs', { json: aState({ job_id: 'new' }) });
    }
    isThrottled = false;
    expect(await beatAll()).toEqual([true, true, true]);
    for (let nth = 0; nth < JOBS - 1; nth += 1) expect((await update(nth, 3)).status).toBe(200);
    // The alarm tries again, up to a minute after the last time.
    for (let second = 0; second < 68; second += 4) {
      await world.advance(4_000);
      await beatAll();
    }
    expect(await listed('status=running')).toEqual(['job-0', 'job-1', 'job-2']);
    expect(await listed('status=paused')).toEqual(['job-3']);
    expect(await listed('status=pending')).toEqual(['waiting']);
    expect((await world.app.ask('GET', '/v1/jobs/new')).status).toBe(404);
    for (let nth = 0; nth < JOBS; nth += 1) {
      const { json } = await world.app.ask('GET', `/v1/jobs/job-${nth}`);
      expect(Object.keys((json as { sheets: object }).sheets).map(Number)).toEqual(completed[nth]);
    }
    const claims = [await claimed(world.app), await claimed(world.app), await claimed(world.app)];
    expect(new Set(claims)).toEqual(new Set(['waiting', 'job-3', null]));
  });

  it('leaves a job to be claimed whose forced pause is 503: its lease is ended at most', async () => {
    isThrottled = true;
    const answer = await world.app.ask('POST', '/v1/jobs/job-1/pause?force=true');
    expect(answer).toMatchObject(UNAVAILABLE);
    await world.advance(60_000);
    isThrottled = false;
    await world.advance(68_000);
    expect(await listed('status=paused')).toContain('job-1');
    const claims: (string | null)[] = [];
    while (claims.at(-1) !== null) claims.push(await claimed(world.app));
    expect(claims).toContain('job-1');
  });
});
