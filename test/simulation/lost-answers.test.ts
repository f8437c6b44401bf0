import { describe, expect, it } from 'vitest';
import type { Answer, AppClient } from '../support/app.ts';
import { aState } from '../support/state.ts';
import { forgetfulStore } from '../support/steps/dying-store.ts';
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
  withToken,
} from './world.ts';

/** A change of hands, with the writes whose lost answers its caller never hears of. */
interface Change {
  readonly name: string;
  readonly before: (app: AppClient) => Promise<Granted | null>;
  readonly run: (app: AppClient, held: Granted | null) => Promise<Answer>;
  readonly steps: readonly number[];
  readonly status: number;
}

const CHANGES: readonly Change[] = [
  {
    name: 'acquire',
    before: pending,
    run: app => acquire(app, 'second'),
    steps: [1, 2, 3],
    status: 201,
  },
  {
    name: 'claim',
    before: pending,
    run: app => claim(app, 'second'),
    steps: [1, 2, 3],
    status: 201,
  },
  {
    name: 'renew',
    before: held,
    run: (app, lease) => app.ask('PUT', `${JOB}/lease`, byHolder(lease)),
    steps: [1],
    status: 200,
  },
  {
    name: 'update',
    before: held,
    run: (app, lease) =>
      app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'in_progress' }, ...byHolder(lease) }),
    steps: [1],
    status: 200,
  },
  {
    name: 'update that starts the next sheet',
    before: held,
    run: (app, lease) =>
      app.ask('PUT', `${JOB}/sheets/1`, {
        json: { status: 'completed', start_next: true },
        ...byHolder(lease),
      }),
    steps: [1],
    status: 200,
  },
  {
    name: 'release',
    before: held,
    run: (app, lease) => app.ask('DELETE', `${JOB}/lease`, byHolder(lease)),
    steps: [1, 2, 3, 4],
    status: 204,
  },
  {
    name: 'a new name of a job that waits',
    before: pending,
    run: app =>
      app.ask('PUT', JOB, {
        headers: { 'If-Match': '*' },
        json: aState({ job_name: 'Another' }),
      }),
    steps: [1, 2, 3],
    status: 200,
  },
  {
    name: 'the last sheet, skipped',
    before: lastSheet,
    run: (app, lease) =>
      app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'skipped' }, ...byHolder(lease) }),
    steps: [1, 2],
    status: 200,
  },
];

const LOSSES = CHANGES.flatMap(change => change.steps.map(nth => ({ ...change, nth })));

describe('a store that carries out a write and loses the answer', () => {
  it.each(LOSSES)(
    '$name answers as if nothing had happened when answer $nth is lost',
    async loss => {
      const world = makeWorld();
      const lease = await loss.before(world.open());
      const forgetful = forgetfulStore(world.store, loss.nth);
      const answer = await loss.run(world.open(forgetful.store), lease);
      expect(forgetful.forgot()).toBe(true);
      expect(answer.status).toBe(loss.status);
    },
  );

  it('acquire gives a token that is good when the answer to the grant is lost', async () => {
    const world = makeWorld();
    await world.open().create();
    const forgetful = forgetfulStore(world.store, 2);
    const { token, lease } = grantOf(await acquire(world.open(forgetful.store), 'first'));
    expect(lease.epoch).toBe(1);
    const renewed = await world.open().ask('PUT', `${JOB}/lease`, withToken(token));
    expect(renewed.status).toBe(200);
  });

  it('release can be asked again until it is answered, whatever was lost of it', async () => {
    const world = makeWorld();
    const lease = await held(world.open());
    const forgetful = forgetfulStore(world.store, 2);
    const app = world.open(forgetful.store);
    await app.ask('DELETE', `${JOB}/lease`, byHolder(lease));
    await app.ask('DELETE', `${JOB}/lease`, byHolder(lease));
    expect((await claim(app, 'next')).status).toBe(201);
  });
});
