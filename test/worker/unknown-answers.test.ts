import { describe, expect, it } from 'vitest';
import type { Client, HeldLease } from '../../lib/worker.ts';
import { kindsOfUnknowns, type Mishap, unknowns, unknownsOfEach } from './mishap.ts';
import { openStage } from './stage.ts';
import { openWorld, type World } from './world.ts';

const CLAIM = /^POST \/v1\/claims$/;
const RENEW = /^PUT \/v1\/jobs\/[^/]+\/lease$/;
const BEATS = /^POST \/v1\/heartbeats$/;
const RELEASE = /^DELETE /;
const FAIL = /\/fail$/;

const MINUTE = 60_000;

/** Which requests of a worker meet with a mishap, twice in a row. */
const requests: readonly [string, (world: World, mishap: Mishap) => void][] = [
  ['a claim', (world, mishap) => world.befall(CLAIM, mishap, 2)],
  ['a heartbeat', (world, mishap) => world.befall(RENEW, mishap, 2)],
  ['the start of a sheet', (world, mishap) => world.befallUpdate('in_progress', mishap, 2)],
  ['a completed update', (world, mishap) => world.befallUpdate('completed', mishap, 2)],
  ['a failed update', (world, mishap) => world.befallUpdate('failed', mishap, 2)],
  ['everything', (world, mishap) => world.befall(/./, mishap, 4)],
];

/** An update meets with all of them, a heartbeat with one of each kind. */
function unknownsTo(request: string): readonly [string, Mishap][] {
  if (request === 'a completed update') return [...unknowns];
  return [...(request === 'a heartbeat' ? kindsOfUnknowns : unknownsOfEach)];
}

/** Takes half a minute, in which a heartbeat is due. */
async function work(world: World): Promise<void> {
  await new Promise<void>(resolve => void world.timing.after(30_000, resolve));
}

describe.each(requests)('a worker that gets no answer of the service to %s', (name, befall) => {
  it.each(unknownsTo(name))(
    'but %s runs every sheet once, and counts nothing twice',
    async (_name, by) => {
      const world = openWorld();
      await world.create('job-1', 2);
      befall(world, by);
      const played: number[] = [];
      const worker = world.start({
        async onSheet({ sheet }) {
          played.push(sheet);
          await work(world);
          if (played.length === 1) throw new Error('out of paper');
        },
      });
      await world.timing.advance(4 * MINUTE);
      expect(played).toEqual([1, 1, 2]);
      expect(worker.told('finished')[0]).toMatchObject({ jobId: 'job-1', epoch: 1 });
      expect(worker.told('lost')).toEqual([]);
      expect(await world.load('job-1')).toMatchObject({
        status: 'completed',
        total_retry_count: 1,
        dalsegno: { epoch: 1, lease: null },
        sheets: { '1': { attempt_count: 2 }, '2': { attempt_count: 1 } },
      });
      worker.stop();
      await worker.done;
    },
  );
});

describe('a worker whose last update of a job is answered by another process than before', () => {
  it.each(kindsOfUnknowns)('after %s learns that the job is complete', async (_, mishap) => {
    const world = openWorld({ processes: 2 });
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    world.befallUpdate('completed', mishap, 1);
    stage.last().finish();
    await world.timing.advance(30_000);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-completed', 'finished']);
    expect(stage.performances).toHaveLength(1);
  });
});

describe.each(kindsOfUnknowns)('a worker that gets %s', (_, mishap) => {
  it('to a release gives the job back all the same, and ends', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    world.befall(RELEASE, mishap, 1);
    worker.stop();
    stage.last().fail(new Error('stopped'));
    await world.timing.advance(15_000);
    await worker.done;
    expect(worker.story.at(-2)).toBe('released');
    expect(await world.load('job-1')).toMatchObject({
      status: 'paused',
      dalsegno: { lease: null },
    });
  });

  it('to the last word on a job fails it once', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    world.befall(FAIL, mishap, 2);
    const worker = world.start({
      maxRetries: 1,
      onSheet() {
        throw new Error('out of paper');
      },
    });
    await world.timing.advance(MINUTE);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-failed', 'finished']);
    expect(await world.load('job-1')).toMatchObject({ status: 'failed' });
  });

  it('to heartbeats of several jobs keeps them all', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2']) await world.create(jobId, 1);
    world.befall(BEATS, mishap, 2);
    const worker = world.start({ onSheet: stage.onSheet, concurrency: 2 });
    await world.timing.advance(2 * MINUTE);
    for (const performance of stage.performances) performance.finish();
    await world.timing.advance(0);
    expect(worker.told('finished')).toHaveLength(2);
    expect(worker.told('lost')).toEqual([]);
  });
});

/** A call of the client, in a world where `job-1` is held, and what must come of it. */
const calls: readonly [string, (client: Client, held: HeldLease) => Promise<unknown>, unknown][] = [
  ['load()', client => client.load('job-1'), { job_id: 'job-1', status: 'running' }],
  ['nextSheet()', client => client.nextSheet('job-1'), { next_sheet: 1, exists: true }],
  ['why()', client => client.why('job-1'), { holder: 'w-0' }],
  ['sweep()', client => client.sweep(), { examined: 1, recovered: 0 }],
  [
    'create()',
    client => client.create({ job_id: 'job-3', job_name: 'A job', total_sheets: 1 }),
    { job_id: 'job-3' },
  ],
  ['acquire()', client => client.acquire('job-2', { holder: 'w-1' }), { held: { epoch: 1 } }],
  ['claim()', client => client.claim({ holder: 'w-1' }), { held: { jobId: 'job-2', epoch: 1 } }],
  ['renew()', (client, held) => client.renew(held), { lease: { job_id: 'job-1' } }],
  [
    'renewAll()',
    (client, held) => client.renewAll([{ held }, { held }]),
    [{ ok: true }, { ok: true }],
  ],
  [
    'update()',
    (client, held) => client.update({ ...held, sheet: 1 }, { status: 'skipped' }),
    { sheet: 1, next_sheet: 2 },
  ],
  [
    'update() that starts the next sheet',
    (client, held) =>
      client.update({ ...held, sheet: 1 }, { status: 'completed', start_next: true }),
    { sheet: 1, next_sheet: 2, started: { sheet: 2, attempt: 1 } },
  ],
  [
    'updates()',
    (client, held) =>
      client.updates([
        { held, sheet: 1, update: { status: 'completed', start_next: true } },
        { held, sheet: 2, update: { status: 'completed', start: 3 } },
      ]),
    [
      { ok: true, started: { sheet: 2, attempt: 1 } },
      { ok: true, started: { sheet: 3, attempt: 1 } },
    ],
  ],
  [
    'update() with an attempt and no lease',
    client => client.update({ jobId: 'job-2', sheet: 1 }, { status: 'in_progress', attempt: 1 }),
    { sheet: 1, attempt: 1 },
  ],
  ['pause()', client => client.pause({ jobId: 'job-1' }), { requested: 'pause' }],
  ['pause() by the holder', (client, held) => client.pause(held), { status: 'paused' }],
  ['cancel() by the holder', (client, held) => client.cancel(held), { status: 'cancelled' }],
  ['resume()', client => client.resume({ jobId: 'job-1' }), { requested: null }],
  ['fail()', client => client.fail({ jobId: 'job-2' }), { status: 'failed' }],
];

describe.each(calls)('%s', (name, call, expected) => {
  it.each(name === 'claim()' ? kindsOfUnknowns : unknownsOfEach)(
    'is answered after %s',
    async (_name, mishap) => {
      const world = openWorld();
      await world.create('job-1');
      const { held } = await world.client.acquire('job-1', { holder: 'w-0' });
      await world.create('job-2');
      world.befall(/./, mishap, 1);
      const answer = call(world.shaky, held);
      answer.catch(() => undefined);
      await world.timing.advance(30_000);
      expect(await answer).toMatchObject(
        typeof expected === 'object' && expected !== null ? expected : {},
      );
    },
  );
});
