import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { dyingStore } from '../support/steps/dying-store.ts';
import { acquire, byHolder, type Granted, held, JOB, makeWorld } from './world.ts';

const PROGRESS = { row: 1200 };

interface End {
  readonly name: string;
  /** The writes and deletions, as many as of a holder that reported nothing. */
  readonly steps: number;
  readonly hasDied: boolean;
  readonly run: (app: AppClient, lease: Granted) => Promise<unknown>;
}

const ENDS: readonly End[] = [
  {
    name: 'the recovery from a killed worker',
    steps: 5,
    hasDied: true,
    run: app => app.ask('POST', '/v1/sweep'),
  },
  {
    name: 'the acquire from a killed worker',
    steps: 8,
    hasDied: true,
    run: app => acquire(app, 'second'),
  },
  {
    name: 'a release',
    steps: 4,
    hasDied: false,
    run: (app, lease) => app.ask('DELETE', `${JOB}/lease`, byHolder(lease)),
  },
];

const CRASHES = ENDS.flatMap(end =>
  Array.from({ length: end.steps + 1 }, (_, step) => ({ ...end, step })),
);

async function report(app: AppClient): Promise<Granted> {
  const lease = await held(app);
  await app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'in_progress' }, ...byHolder(lease) });
  const json = { progress: PROGRESS, sheet: 1 };
  await app.ask('PUT', `${JOB}/lease`, { json, ...byHolder(lease) });
  return lease;
}

async function breakOff({ hasDied, run, step }: (typeof CRASHES)[number]) {
  const world = makeWorld();
  const lease = await report(world.open());
  if (hasDied) world.outlive();
  const dying = dyingStore(world.store, step);
  await run(world.open(dying.store), lease);
  return { world, died: dying.died() };
}

describe('the progress of a lease that ends while the service dies', () => {
  it.each(CRASHES)('$name, step $step of $steps: the next holder gets it', async crash => {
    const { world } = await breakOff(crash);
    world.outlive();
    const next = await acquire(world.open(), 'third');
    expect(next.json).toMatchObject({ last_progress: { sheet: 1, progress: PROGRESS } });
  });

  it.each(ENDS)('$name takes $steps steps and no more', async end => {
    expect((await breakOff({ ...end, step: end.steps })).died).toBe(true);
    expect((await breakOff({ ...end, step: end.steps + 1 })).died).toBe(false);
  });

  it('is not lost with a heartbeat that is in memory only', async () => {
    const world = makeWorld();
    const app = openApp({ store: world.store, clock: world.clock, alarm: () => () => undefined });
    await report(app);
    world.outlive();
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1 });
    const next = await acquire(app, 'second');
    expect(next.json).toMatchObject({ last_progress: { progress: PROGRESS } });
  });
});
