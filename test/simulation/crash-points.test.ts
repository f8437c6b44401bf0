import { describe, expect, it } from 'vitest';
import type { Answer, AppClient } from '../support/app.ts';
import { dyingStore } from '../support/steps/dying-store.ts';
import {
  acquire,
  byHolder,
  claim,
  type Granted,
  grantOf,
  held,
  JOB,
  lastSheet,
  makeWorld,
  pending,
  type World,
} from './world.ts';

/** A change of hands, what comes before it, and how the job may stand after it was broken off. */
interface Change {
  readonly name: string;
  /** Makes the job and, where somebody holds it, gives his lease. */
  readonly before: (app: AppClient, world: World) => Promise<Granted | null>;
  readonly run: (app: AppClient, held: Granted | null) => Promise<unknown>;
  /** The writes and deletions that it takes when nothing stops it. */
  readonly steps: number;
  /** Statuses besides those of a job that any claim gets. */
  readonly ends: readonly string[];
}

async function dead(app: AppClient, world: World): Promise<Granted> {
  const lease = await held(app);
  world.outlive();
  return lease;
}

async function recovered(app: AppClient, world: World): Promise<Granted> {
  const lease = await dead(app, world);
  await app.ask('POST', '/v1/sweep');
  return lease;
}

async function cancelAsked(app: AppClient, world: World): Promise<Granted> {
  const lease = await held(app);
  await app.ask('POST', `${JOB}/cancel`);
  world.outlive();
  return lease;
}

/** Completes the sheets with one request. */
function updates(app: AppClient, lease: Granted | null, sheets: readonly number[]) {
  const token = lease?.token;
  const json = { updates: sheets.map(sheet => ({ token, sheet, status: 'completed' })) };
  return app.ask('POST', '/v1/updates', { json });
}

const CHANGES: readonly Change[] = [
  {
    name: 'acquire',
    before: pending,
    run: app => acquire(app, 'second'),
    steps: 3,
    ends: [],
  },
  {
    name: 'acquire of a recovered job',
    before: recovered,
    run: app => acquire(app, 'second'),
    steps: 3,
    ends: [],
  },
  {
    name: 'acquire from a dead holder',
    before: dead,
    run: app => acquire(app, 'second'),
    steps: 8,
    ends: [],
  },
  {
    name: 'release',
    before: held,
    run: (app, lease) => app.ask('DELETE', `${JOB}/lease`, byHolder(lease)),
    steps: 4,
    ends: [],
  },
  { name: 'expire', before: dead, run: app => app.ask('POST', '/v1/sweep'), steps: 5, ends: [] },
  {
    name: 'expire of a job that is to be cancelled',
    before: cancelAsked,
    run: app => app.ask('POST', '/v1/sweep'),
    steps: 4,
    ends: ['cancelled'],
  },
  { name: 'claim', before: pending, run: app => claim(app, 'second'), steps: 3, ends: [] },
  {
    name: 'claim of a recovered job',
    before: recovered,
    run: app => claim(app, 'second'),
    steps: 3,
    ends: [],
  },
  {
    name: 'a sheet that starts the next',
    before: held,
    run: (app, lease) =>
      app.ask('PUT', `${JOB}/sheets/1`, {
        json: { status: 'completed', start_next: true },
        ...byHolder(lease),
      }),
    steps: 1,
    ends: [],
  },
  {
    name: 'the last sheet',
    before: lastSheet,
    run: (app, lease) =>
      app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'completed' }, ...byHolder(lease) }),
    steps: 2,
    ends: ['completed'],
  },
  {
    name: 'updates that share a save',
    before: held,
    run: (app, lease) => updates(app, lease, [1, 2]),
    steps: 1,
    ends: [],
  },
  {
    name: 'updates that share a save with the last sheet',
    before: held,
    run: (app, lease) => updates(app, lease, [1, 2, 3]),
    steps: 2,
    ends: ['completed'],
  },
  {
    name: 'a pause by the holder',
    before: held,
    run: (app, lease) => app.ask('POST', `${JOB}/pause`, byHolder(lease)),
    steps: 4,
    ends: ['paused'],
  },
  {
    name: 'a pause by force',
    before: held,
    run: app => app.ask('POST', `${JOB}/pause?force=true`),
    steps: 4,
    ends: ['paused'],
  },
  {
    name: 'a completion by the holder',
    before: held,
    run: (app, lease) => app.ask('POST', `${JOB}/complete`, byHolder(lease)),
    steps: 2,
    ends: ['completed'],
  },
  {
    name: 'a completion by force',
    before: held,
    run: app => app.ask('POST', `${JOB}/complete?force=true`),
    steps: 2,
    ends: ['completed'],
  },
  {
    name: 'a deletion by force',
    before: held,
    run: app => app.ask('DELETE', `${JOB}?force=true`),
    steps: 3,
    ends: ['gone'],
  },
];

/** Every change, broken off before its first step and after each of its steps. */
const CRASHES = CHANGES.flatMap(change =>
  Array.from({ length: change.steps + 1 }, (_, step) => ({ ...change, step })),
);

async function breakOff({ before, run, step }: (typeof CRASHES)[number]) {
  const world = makeWorld();
  const first = await before(world.open(), world);
  const dying = dyingStore(world.store, step);
  // The answer of a dead process is a broken connection; here it is a 500.
  await run(world.open(dying.store), first);
  return { world, first, app: world.open(), died: dying.died() };
}

async function statusOf(app: AppClient): Promise<string> {
  const answer = await app.ask('GET', JOB);
  return answer.status === 404 ? 'gone' : (answer.json as { status: string }).status;
}

async function standing(app: AppClient): Promise<string> {
  const answer = await app.ask('GET', `${JOB}/why`);
  return answer.status === 404 ? 'gone' : (answer.json as { standing: string }).standing;
}

describe('a process that dies within a change of hands', () => {
  it.each(CRASHES)('$name dies at step $step of $steps', async crash => {
    expect((await breakOff(crash)).died).toBe(true);
  });

  it.each(CHANGES)('$name takes $steps steps and no more', async change => {
    expect((await breakOff({ ...change, step: change.steps + 1 })).died).toBe(false);
  });

  it.each(CRASHES)(
    '$name, step $step: after the ttl and a sweep any claim gets the job, or it has ended',
    async crash => {
      const { world, app } = await breakOff(crash);
      world.outlive();
      expect((await app.ask('POST', '/v1/sweep')).status).toBe(200);
      const claimed = await claim(app, 'next');
      const outcome = claimed.status === 201 ? 'claimed' : await statusOf(app);
      expect(['claimed', ...crash.ends]).toContain(outcome);
    },
  );

  it.each(CRASHES)(
    '$name, step $step: at once the job is held, can be claimed, or has ended',
    async crash => {
      const { app } = await breakOff(crash);
      const standings = ['held', 'ending', 'waiting', 'zombie', 'finished', 'gone', 'resting'];
      expect(standings).toContain(await standing(app));
    },
  );

  it.each(CRASHES)('$name, step $step: nobody else gets in while a lease lives', async crash => {
    const { app } = await breakOff(crash);
    const answers = [await claim(app, 'a'), await acquire(app, 'b'), await claim(app, 'c')];
    expect(granted(answers).length).toBeLessThanOrEqual(1);
  });

  it.each(CRASHES)(
    '$name, step $step: the token of before is worth nothing once another is granted',
    async crash => {
      const { world, app, first } = await breakOff(crash);
      world.outlive();
      await app.ask('POST', '/v1/sweep');
      await claim(app, 'next');
      const before = await app.ask('GET', JOB);
      const own = byHolder(first);
      const tried = [
        await app.ask('PUT', `${JOB}/lease`, own),
        await app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'failed' }, ...own }),
        await app.ask('DELETE', `${JOB}/lease`, own),
      ];
      expect(tried.map(({ status }) => status >= 400)).toEqual([true, true, true]);
      expect((await app.ask('GET', JOB)).header('etag')).toBe(before.header('etag'));
    },
  );

  it.each(CRASHES)(
    '$name, step $step: the next epoch is higher than every one before',
    async crash => {
      const { world, app, first } = await breakOff(crash);
      world.outlive();
      const next = granted([await claim(app, 'next')]).map(({ lease }) => lease.epoch);
      expect(Math.min(...next, Number.POSITIVE_INFINITY)).toBeGreaterThan(first?.lease.epoch ?? 0);
    },
  );

  it.each(CRASHES)('$name, step $step: a sweep leaves no lease that no job names', async crash => {
    const { world, app } = await breakOff(crash);
    world.outlive();
    await app.ask('POST', '/v1/sweep');
    expect((await world.keys()).filter(key => key.startsWith('leases/'))).toEqual([]);
  });

  it.each(CRASHES)(
    '$name, step $step: a second sweep and a second claim find nothing',
    async crash => {
      const { world, app } = await breakOff(crash);
      world.outlive();
      await app.ask('POST', '/v1/sweep');
      await claim(app, 'next');
      expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0, errors: 0 });
      expect((await claim(app, 'one more')).status).toBe(204);
    },
  );
});

function granted(answers: readonly Answer[]): Granted[] {
  return answers.filter(({ status }) => status === 201).map(grantOf);
}
