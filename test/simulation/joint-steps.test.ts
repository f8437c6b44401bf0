import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Answer, AppClient } from '../support/app.ts';
import { KEY, keyed } from '../support/idempotency.ts';
import { keysOf } from '../support/leasing.ts';
import { aState } from '../support/state.ts';
import { Died, dyingStore } from '../support/steps/dying-store.ts';
import { withJointWrites } from '../support/steps/joint-writes.ts';
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

/* What `crash-points.test.ts` and `lost-answers.test.ts` ask of a store with single writes, of one that makes several in one step. */

interface Change {
  readonly name: string;
  readonly before: (app: AppClient) => Promise<Granted | null>;
  readonly run: (app: AppClient, held: Granted | null) => Promise<Answer>;
  readonly status: number;
  /** The objects before it and after it. */
  readonly leaves: { readonly before: readonly string[]; readonly after: readonly string[] };
}

const WAITING = ['jobs', 'ready'];
const HELD = ['jobs', 'leases'];

const CHANGES: readonly Change[] = [
  {
    name: 'acquire',
    before: pending,
    run: app => acquire(app, 'second'),
    status: 201,
    leaves: { before: WAITING, after: HELD },
  },
  {
    name: 'claim',
    before: pending,
    run: app => claim(app, 'second'),
    status: 201,
    leaves: { before: WAITING, after: HELD },
  },
  {
    name: 'the last sheet',
    before: lastSheet,
    run: (app, lease) =>
      app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'completed' }, ...byHolder(lease) }),
    status: 200,
    leaves: { before: HELD, after: ['jobs'] },
  },
  {
    name: 'a completion by the holder',
    before: held,
    run: (app, lease) => app.ask('POST', `${JOB}/complete`, byHolder(lease)),
    status: 200,
    leaves: { before: HELD, after: ['jobs'] },
  },
  {
    name: 'release',
    before: held,
    run: (app, lease) => app.ask('DELETE', `${JOB}/lease`, byHolder(lease)),
    status: 204,
    leaves: { before: HELD, after: WAITING },
  },
  {
    name: 'a pause by the holder',
    before: held,
    run: (app, lease) => app.ask('POST', `${JOB}/pause`, byHolder(lease)),
    status: 200,
    leaves: { before: HELD, after: ['jobs'] },
  },
  {
    name: 'a completion of a job that waits',
    before: pending,
    run: app => app.ask('POST', `${JOB}/complete`),
    status: 200,
    leaves: { before: WAITING, after: ['jobs'] },
  },
  {
    name: 'a new name of a job that waits',
    before: pending,
    run: app =>
      app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json: aState({ job_name: 'Another' }) }),
    status: 200,
    leaves: { before: WAITING, after: WAITING },
  },
];

/** At its first step of several writes the store fails: from then on always, or this once. */
function brokenAt(inner: ObjectStore, fault: { isDone: boolean; error: Error; isOver: boolean }) {
  let isReached = false;

  async function alive<T>(task: () => Promise<T>): Promise<T> {
    if (isReached && fault.isOver) throw fault.error;
    return task();
  }

  const store: ObjectStore = {
    ...inner,
    get: key => alive(() => inner.get(key)),
    head: key => alive(() => inner.head(key)),
    put: (...call) => alive(() => inner.put(...call)),
    delete: (...call) => alive(() => inner.delete(...call)),
    putWith: (...call) =>
      alive(async () => {
        const step = async () => (await inner.putWith?.(...call)) ?? null;
        if (isReached) return step();
        isReached = true;
        if (fault.isDone) await step();
        throw fault.error;
      }),
  };
  return { store, isReached: () => isReached };
}

async function foldersIn(store: ObjectStore): Promise<string[]> {
  const keys = await Promise.all(['jobs/', 'leases/', 'ready/'].map(each => keysOf(store, each)));
  return keys.flat().map(key => key.slice(0, key.indexOf('/')));
}

const openWorld = () => makeWorld(withJointWrites(createMemoryStore()));

/** Each change, with its process dead before the step or after it. */
const DEATHS = CHANGES.flatMap(change => [
  { ...change, isDone: false, when: 'before' },
  { ...change, isDone: true, when: 'after' },
]);

describe('a step of several writes', () => {
  it.each(CHANGES)(
    '$name answers as if nothing had happened when its answer is lost',
    async ({ before, run, status, leaves }) => {
      const world = openWorld();
      const lease = await before(world.open());
      const error = new StoreError('The connection was lost');
      const broken = brokenAt(world.store, { isDone: true, error, isOver: false });
      const answer = await run(world.open(broken.store), lease);
      expect([broken.isReached(), answer.status]).toEqual([true, status]);
      expect(await foldersIn(world.store)).toEqual(leaves.after);
    },
  );

  it.each(DEATHS)(
    '$name leaves nothing, or all, where its process dies $when it',
    async ({ before, run, leaves, isDone }) => {
      const world = openWorld();
      const lease = await before(world.open());
      const broken = brokenAt(world.store, { isDone, error: new Died('It died'), isOver: true });
      expect((await run(world.open(broken.store), lease)).status).toBe(500);
      expect(await foldersIn(world.store)).toEqual(isDone ? leaves.after : leaves.before);
    },
  );

  it.each(CHANGES)(
    '$name can be asked again where its process died before it',
    async ({ before, run, status }) => {
      const world = openWorld();
      const lease = await before(world.open());
      const error = new Died('It died');
      await run(
        world.open(brokenAt(world.store, { isDone: false, error, isOver: true }).store),
        lease,
      );
      expect((await run(world.open(), lease)).status).toBe(status);
    },
  );
});

describe('a grant in one step', () => {
  const ask = (app: AppClient, path: string) =>
    app.ask('POST', path, { json: { holder: 'w' }, headers: keyed(KEY, 2) });

  it.each([`${JOB}/lease`, '/v1/claims'])(
    'POST %s with the key of a try that an older process left after the lease has that lease',
    async path => {
      const world = openWorld();
      await world.open().create();
      await ask(world.open(dyingStore(world.store, 1).store), path);
      expect(await foldersIn(world.store)).toEqual(['jobs', 'leases', 'ready']);
      const { lease, token } = grantOf(await ask(world.open(), path));
      expect(lease.epoch).toBe(1);
      expect(await foldersIn(world.store)).toEqual(HELD);
      const renewed = await world.open().ask('PUT', `${JOB}/lease`, withToken(token));
      expect(renewed.status).toBe(200);
    },
  );

  it('a claim has the lease that another process grants to the same key after it has looked for one', async () => {
    const world = openWorld();
    for (const job_id of ['job-1', 'job-2', 'job-3']) await world.open().create({ job_id });
    let first: Answer | null = null;
    const store: ObjectStore = {
      ...world.store,
      async get(key) {
        if (key.startsWith('jobs/')) first ??= await ask(world.open(), '/v1/claims');
        return world.store.get(key);
      },
    };
    const second = grantOf(await ask(world.open(store), '/v1/claims'));
    expect(first === null ? null : grantOf(first).token).toBe(second.token);
    expect(await keysOf(world.store, 'leases/')).toHaveLength(1);
    expect(await keysOf(world.store, 'ready/')).toHaveLength(2);
  });

  it('a process that knows the job as it was goes by what is stored', async () => {
    const world = openWorld();
    const [knowing, other] = [world.open(), world.open()];
    await knowing.create();
    const first = grantOf(await claim(other, 'other'));
    expect((await claim(knowing, 'second')).status).toBe(204);
    await other.ask('DELETE', `${JOB}/lease`, withToken(first.token));
    expect(grantOf(await claim(knowing, 'second')).lease.epoch).toBe(2);
  });
});
