import { describe, expect, it } from 'vitest';
import type { Answer, AppClient } from '../support/app.ts';
import { aState } from '../support/state.ts';
import { dyingStore } from '../support/steps/dying-store.ts';
import { acquire, claim, grantOf, JOB, makeWorld, type World, withToken } from './world.ts';

/** A change of `job-1` while it waits, and what comes before it. */
interface Change {
  readonly name: string;
  readonly before: (app: AppClient, world: World) => Promise<unknown>;
  readonly run: (app: AppClient) => Promise<unknown>;
  /** The writes and deletions that it takes when nothing stops it. */
  readonly steps: number;
}

function pending(app: AppClient): Promise<unknown> {
  return app.create();
}

async function recovered(app: AppClient, world: World): Promise<void> {
  await app.create();
  await acquire(app, 'first');
  world.outlive();
  await app.ask('POST', '/v1/sweep');
}

async function renamed(app: AppClient, world: World): Promise<void> {
  await recovered(app, world);
  await save(app, { job_name: 'Another', status: 'paused' });
}

function save(app: AppClient, overrides: Readonly<Record<string, unknown>>): Promise<Answer> {
  const json = aState(overrides);
  return app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
}

const CHANGES: readonly Change[] = [
  {
    name: 'a save of a pending job',
    before: pending,
    run: app => save(app, { pid: 7 }),
    steps: 1,
  },
  {
    name: 'a save of a recovered job',
    before: recovered,
    run: app => save(app, { status: 'paused' }),
    steps: 1,
  },
  {
    name: 'a new name of a pending job',
    before: pending,
    run: app => save(app, { job_name: 'Another' }),
    steps: 3,
  },
  {
    name: 'a new name of a recovered job',
    before: recovered,
    run: app => save(app, { job_name: 'Another', status: 'paused' }),
    steps: 3,
  },
  {
    name: 'a second new name of a recovered job',
    before: renamed,
    run: app => save(app, { job_name: 'A third', status: 'paused' }),
    steps: 3,
  },
  {
    name: 'a name changed back',
    before: renamed,
    run: app => save(app, { job_name: 'A job', status: 'paused' }),
    steps: 3,
  },
];

/** Every change, broken off before its first step and after each of its steps. */
const CRASHES = CHANGES.flatMap(change =>
  Array.from({ length: change.steps + 1 }, (_, step) => ({ ...change, step })),
);

async function breakOff({ before, run, step }: (typeof CRASHES)[number]) {
  const world = makeWorld();
  await before(world.open(), world);
  const dying = dyingStore(world.store, step);
  world.clock.advance(1);
  await run(world.open(dying.store));
  return { world, app: world.open(), died: dying.died() };
}

async function nameOf(app: AppClient): Promise<string> {
  return ((await app.ask('GET', JOB)).json as { job_name: string }).job_name;
}

async function claimedBy(app: AppClient, job_name: string): Promise<number> {
  return (await app.ask('POST', '/v1/claims', { json: { holder: 'w', job_name } })).status;
}

describe('a process that dies within a save of a job that waits', () => {
  it.each(CRASHES)('$name dies at step $step of $steps', async crash => {
    expect((await breakOff(crash)).died).toBe(true);
  });

  it.each(CHANGES)('$name takes $steps steps and no more', async change => {
    expect((await breakOff({ ...change, step: change.steps + 1 })).died).toBe(false);
  });

  it.each(CRASHES)('$name, step $step: the job keeps its place', async crash => {
    const { world, app } = await breakOff(crash);
    world.clock.advance(1);
    await app.create({ job_id: 'job-2' });
    const claims = [await claim(app, 'a'), await claim(app, 'b')];
    expect(claims.map(answer => grantOf(answer).lease.job_id)).toEqual(['job-1', 'job-2']);
    expect((await claim(app, 'c')).status).toBe(204);
  });

  it.each(CRASHES)('$name, step $step: a claim by the name of the job gets it', async crash => {
    const { app } = await breakOff(crash);
    expect(await claimedBy(app, await nameOf(app))).toBe(201);
  });

  it.each(CRASHES)(
    '$name, step $step: claims by other names do not, nor cost it its hint',
    async crash => {
      const { app } = await breakOff(crash);
      const name = await nameOf(app);
      const others = ['A job', 'Another', 'A third', 'Of no job'].filter(other => other !== name);
      for (const other of others) expect(await claimedBy(app, other)).toBe(204);
      expect(await claimedBy(app, name)).toBe(201);
    },
  );

  it.each(CRASHES)('$name, step $step: it is said to wait', async crash => {
    const { app } = await breakOff(crash);
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ standing: 'waiting' });
  });

  it.each(CRASHES)('$name, step $step: a pause keeps it from every claim', async crash => {
    const { world, app } = await breakOff(crash);
    await app.ask('POST', `${JOB}/pause`);
    expect((await claim(world.open(), 'a')).status).toBe(204);
  });

  it.each(CRASHES)('$name, step $step: no hint is left once claims have come by', async crash => {
    const { world, app } = await breakOff(crash);
    await claim(app, 'a');
    world.clock.advance(3_600_001);
    await claim(world.open(), 'b');
    expect((await world.keys()).filter(key => key.startsWith('ready/'))).toEqual([]);
  });
});

describe('a process that dies within the skip of a last sheet', () => {
  it.each([
    { step: 0, claims: 201, status: 'running', leases: 1 },
    { step: 1, claims: 204, status: 'completed', leases: 0 },
    { step: 2, claims: 204, status: 'completed', leases: 0 },
  ])('leaves the job $status at step $step, after a sweep and a claim', async crash => {
    const world = makeWorld();
    await world.open().create({ total_sheets: 1 });
    const held = withToken(grantOf(await acquire(world.open(), 'first')).token);
    const dying = dyingStore(world.store, crash.step);
    const skip = { json: { status: 'skipped' }, ...held };
    await world.open(dying.store).ask('PUT', `${JOB}/sheets/1`, skip);
    expect(dying.died()).toBe(true);
    world.outlive();
    const app = world.open();
    await app.ask('POST', '/v1/sweep');
    expect((await claim(app, 'next')).status).toBe(crash.claims);
    expect((await app.ask('GET', JOB)).json).toMatchObject({ status: crash.status });
    const leases = (await world.keys()).filter(key => key.startsWith('leases/'));
    expect(leases).toHaveLength(crash.leases);
  });
});
