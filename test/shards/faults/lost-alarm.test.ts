import { afterEach, beforeEach, expect, it } from 'vitest';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { createBudgetedSweep } from '../../../lib/sweep/budgeted.ts';
import { acquire, beat, claimed, type Held, update } from '../../support/leasing.ts';
import { openWorld, type ShardWorld } from '../shard-world.ts';

/* Through HTTP: alarms that never fire, fire late, or fire twice. */

const HOUR_MS = 3_600_000;
const BUDGET = { operations: 1_000, bodyBytes: 2 ** 30, leases: 500, jobs: 100, concurrency: 6 };

let world: ShardWorld;
let held: Held;

beforeEach(async () => {
  world = await openWorld();
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
  await world.app.create({ job_id: 'job-1', total_sheets: 3 });
  held = await acquire(world.app, { ttl_seconds: 5 });
  await update(world.app, 1, 'completed', held);
});

afterEach(() => world.close());

/** As the platform calls the Worker every hour. */
async function sweep(): Promise<number> {
  const { repository } = world.app;
  const spending = { operations: 0, bodyBytes: 0 };
  const { passes } = await createBudgetedSweep({
    ...repository,
    store: world.store,
    clock: world.clock,
    availability: createProcessMemory({ cacheBytes: 1 << 20 }).availability,
    budget: BUDGET,
    spending,
  }).run();
  return passes.reduce((sum, { recovered }) => sum + recovered, 0);
}

async function epochAndSheet(): Promise<unknown> {
  const { json } = await world.app.ask('GET', '/v1/jobs/job-1');
  const { dalsegno, last_completed_sheet: sheet } = json as {
    dalsegno: { epoch: number };
    last_completed_sheet: number;
  };
  return [dalsegno.epoch, sheet];
}

it('the hourly cron frees the job of a dead worker whose alarm never fires', async () => {
  for (const shard of world.shards) shard.isDeaf = true;
  await world.advance(HOUR_MS);
  expect(await sweep()).toBe(1);
  expect(await claimed(world.app)).toBe('job-1');
  expect(await claimed(world.app)).toBeNull();
  expect(await epochAndSheet()).toEqual([2, 1]);
  expect((await update(world.app, 2, 'completed', held)).status).toBe(409);
});

it('a claim gets the job of a dead worker whose alarm never fires, without cron', async () => {
  for (const shard of world.shards) shard.isDeaf = true;
  await world.advance(60_000);
  expect(await claimed(world.app)).toBe('job-1');
  expect(await epochAndSheet()).toEqual([2, 1]);
});

it('the cron and the alarm at once free a job once', async () => {
  await world.advance(4_999);
  for (const shard of world.shards) shard.isDeaf = true;
  await world.advance(1_000);
  await Promise.all([sweep(), world.shardOf('job-1').ring(), sweep()]);
  expect(await claimed(world.app)).toBe('job-1');
  expect(await claimed(world.app)).toBeNull();
  expect(await epochAndSheet()).toEqual([2, 1]);
});

it('the holder that could reach no shard goes on after an alarm that fires late and twice', async () => {
  const shard = world.shardOf('job-1');
  shard.isDeaf = true;
  await world.advance(60_000);
  shard.isDeaf = false;
  await Promise.all([shard.ring(), shard.ring()]);
  await shard.ring();
  expect(await claimed(world.app)).toBeNull();
  expect((await beat(world.app, held)).status).toBe(200);
  expect((await update(world.app, 2, 'completed', held)).status).toBe(200);
  await world.advance(5_999);
  expect(await claimed(world.app)).toBe('job-1');
  expect(await epochAndSheet()).toEqual([2, 2]);
});
