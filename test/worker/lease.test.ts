import { describe, expect, it } from 'vitest';
import { Interruption, type WorkerOptions } from '../../lib/worker.ts';
import { neverAnswered, refused, requestLost } from './mishap.ts';
import { openStage, type Stage } from './stage.ts';
import { openWorld, type TestWorker, type World } from './world.ts';

const RENEW = /^PUT \/v1\/jobs\/[^/]+\/lease$/;
const BEATS = /^POST \/v1\/heartbeats$/;
const UPDATE = /\/sheets\//;

interface Setup {
  readonly world: World;
  readonly stage: Stage;
  readonly worker: TestWorker;
}

/** A worker that stops its sheet where the lease may have ended. */
const CAREFUL = { abortWhenUncertain: true };

/** A worker in the middle of the first sheet of `job-1`. */
async function inTheMiddle(options: Partial<WorkerOptions> = {}): Promise<Setup> {
  const world = openWorld();
  const stage = openStage();
  await world.create('job-1');
  const worker = world.start({ onSheet: stage.onSheet, ttlSeconds: 60, ...options });
  await world.timing.advance(0);
  return { world, stage, worker };
}

/** Somebody else has the job before this worker asks again, once its lease has run out. */
async function taken(world: World, pass: () => Promise<void>): Promise<void> {
  world.befall(RENEW, async (_request, deliver) => {
    await world.client.acquire('job-1', { holder: 'w-2' }).catch(() => undefined);
    return deliver();
  });
  await pass();
  await world.timing.advance(0);
}

function count(world: World, matching: RegExp): number {
  return world.calls.filter(call => matching.test(call)).length;
}

describe('a heartbeat', () => {
  it('comes as often as the service asks for it, and keeps the job', async () => {
    const { world, worker, stage } = await inTheMiddle();
    await world.timing.advance(19_999);
    expect(count(world, RENEW)).toBe(0);
    await world.timing.advance(1);
    expect(count(world, RENEW)).toBe(1);
    await world.timing.advance(10 * 60_000);
    expect(worker.told('renewed')).toHaveLength(31);
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.story).not.toContain('lost');
    expect(stage.last().context.sheet).toBe(2);
  });

  it('carries the progress that was told last', async () => {
    const { world, stage } = await inTheMiddle();
    const { context } = stage.last();
    const told = { page: 1 };
    context.progress(told);
    told.page = 2;
    context.progress(told);
    told.page = 3;
    await world.timing.advance(20_000);
    expect(context.lease).toMatchObject({ renewals: 1, progress: { page: 2 } });
  });

  it('cannot carry more than 256 bytes', async () => {
    const { stage } = await inTheMiddle();
    const { context } = stage.last();
    expect(() => context.progress('é'.repeat(127))).not.toThrow();
    expect(() => context.progress('é'.repeat(128))).toThrow('258 bytes');
  });

  it('is not sent any more once the job is finished', async () => {
    const { world } = await inTheMiddle();
    const stage = openStage();
    await world.create('job-2', 1);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    stage.last().finish();
    await world.timing.advance(60_000);
    expect(count(world, /job-2\/lease/)).toBe(0);
  });

  it('is one request for several jobs whose beats are due together', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2', 'job-3']) await world.create(jobId, 1);
    const worker = world.start({ onSheet: stage.onSheet, concurrency: 3 });
    await world.timing.advance(20_000);
    expect(count(world, BEATS)).toBe(1);
    expect(count(world, RENEW)).toBe(0);
    const renewed = worker.told('renewed').map(({ jobId }) => jobId);
    expect(renewed).toEqual(['job-1', 'job-2', 'job-3']);
  });

  it('takes along those that are due soon', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    world.start({ onSheet: stage.onSheet, concurrency: 3, pollSeconds: 4 });
    await world.timing.advance(1000);
    await world.create('job-2', 1);
    await world.timing.advance(19_000);
    expect(stage.performances).toHaveLength(2);
    expect(world.calls.filter(call => RENEW.test(call) || BEATS.test(call))).toEqual([
      'POST /v1/heartbeats',
    ]);
  });

  it('goes alone where the service refuses several at once', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2']) await world.create(jobId, 1);
    world.befall(BEATS, refused(422, 'invalid'));
    const worker = world.start({ onSheet: stage.onSheet, concurrency: 2 });
    await world.timing.advance(60_000);
    expect(count(world, RENEW)).toBeGreaterThan(2);
    expect(worker.story).not.toContain('lost');
  });

  it('that is refused for its progress goes without it', async () => {
    const { world, worker, stage } = await inTheMiddle();
    const { context } = stage.last();
    world.befall(RENEW, refused(422, 'invalid'), 1);
    context.progress('bad');
    await world.timing.advance(30_000);
    expect(worker.told('renewed')).toHaveLength(1);
    expect(context.lease).toMatchObject({ renewals: 1, progress: null });
  });

  it('that got no answer is tried again before the lease ends', async () => {
    const { world, worker, stage } = await inTheMiddle();
    world.befall(RENEW, requestLost, 3);
    await world.timing.advance(30_000);
    expect(worker.told('error')).toHaveLength(3);
    expect(worker.told('renewed')).toHaveLength(1);
    expect(stage.last().context.signal.aborted).toBe(false);
  });

  it('that is never answered leaves time for another one', async () => {
    const { world, worker, stage } = await inTheMiddle();
    world.befall(RENEW, neverAnswered, 2);
    await world.timing.advance(59_000);
    expect(worker.told('renewed').length).toBeGreaterThan(0);
    expect(stage.last().context.signal.aborted).toBe(false);
  });
});

describe('a lease that is lost', () => {
  it('stops the sheet when the service says so, and nothing more is written', async () => {
    const { world, worker, stage } = await inTheMiddle();
    const { context } = stage.last();
    await world.client.release(context.held);
    const other = await world.client.acquire('job-1', { holder: 'w-2' });
    await world.timing.advance(20_000);
    expect(context.signal.reason).toBeInstanceOf(Interruption);
    expect(context.signal.reason).toMatchObject({ why: 'lost' });
    const written = count(world, UPDATE);
    stage.last().finish({ stdout: 'too late' });
    await world.timing.advance(0);
    expect(count(world, UPDATE)).toBe(written);
    expect(worker.told('lost')[0]).toMatchObject({ jobId: 'job-1', epoch: 1, by: 'refused' });
    await world.client.renew(other.held);
  });

  it('is found out by an update, too', async () => {
    const { world, worker, stage } = await inTheMiddle();
    await world.client.cancel(stage.last().context.held);
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'lost']);
    expect(await world.load('job-1')).toMatchObject({ status: 'cancelled' });
  });
});

describe('after a stall', () => {
  it('shorter than the lease the worker goes on', async () => {
    const { world, worker, stage } = await inTheMiddle();
    await world.timing.stall(59_000);
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.story).not.toContain('lost');
    expect(stage.last().context.sheet).toBe(2);
  });

  it('longer than the lease the service is asked before anything is written', async () => {
    const { world, worker, stage } = await inTheMiddle();
    const asked = world.calls.length;
    stage.last().finish();
    await taken(world, () => world.timing.stall(90_000));
    expect(worker.told('lost')).toHaveLength(1);
    expect(world.calls.slice(asked, asked + 2)).toEqual([
      'PUT /v1/jobs/job-1/lease',
      'POST /v1/claims',
    ]);
  });

  it('longer than the lease the sheet is stopped by the answer, not by the clock', async () => {
    const { world, worker, stage } = await inTheMiddle();
    await taken(world, () => world.timing.stall(90_000));
    expect(count(world, RENEW)).toBe(1);
    expect(stage.last().context.signal.reason).toMatchObject({ why: 'lost' });
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.told('lost')[0]).toMatchObject({ by: 'refused' });
  });

  it('longer than the lease the service is asked, whatever became of the beats before it', async () => {
    const { world, worker, stage } = await inTheMiddle();
    world.befall(RENEW, requestLost, 1);
    await world.timing.advance(20_000);
    await taken(world, () => world.timing.stall(90_000));
    stage.last().finish();
    await world.timing.advance(0);
    expect(count(world, RENEW)).toBe(2);
    expect(worker.told('lost')[0]).toMatchObject({ by: 'refused' });
  });
});

describe('after the machine slept', () => {
  it('the service is asked before anything is written, and refuses', async () => {
    const { world, worker, stage } = await inTheMiddle();
    const asked = world.calls.length;
    await taken(world, async () => world.timing.sleep(8 * 3_600_000));
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.told('lost')).toHaveLength(1);
    expect(world.calls.slice(asked, asked + 2)).toEqual([
      'PUT /v1/jobs/job-1/lease',
      'POST /v1/claims',
    ]);
  });

  it('for less than the lease nothing is asked', async () => {
    const { world, stage } = await inTheMiddle();
    world.timing.sleep(30_000);
    stage.last().finish();
    await world.timing.advance(0);
    expect(count(world, RENEW)).toBe(0);
    expect(stage.last().context.sheet).toBe(2);
  });
});

describe('a worker that is told to abort when it is uncertain', () => {
  it('stops its sheet at the deadline when nobody answers', async () => {
    const { world, worker, stage } = await inTheMiddle(CAREFUL);
    const { context } = stage.last();
    world.befall(RENEW, requestLost);
    await world.timing.advance(59_999);
    expect(context.signal.aborted).toBe(false);
    await world.timing.advance(1);
    expect(context.signal.reason).toMatchObject({ why: 'lost' });
    stage.last().fail(context.signal.reason);
    await world.timing.advance(0);
    expect(worker.told('lost')[0]).toMatchObject({ by: 'deadline' });
    expect(worker.story).not.toContain('sheet-failed');
  });

  it('waits for a beat that is under way until the deadline, no longer', async () => {
    const { world, stage } = await inTheMiddle(CAREFUL);
    world.befall(RENEW, neverAnswered);
    await world.timing.advance(59_999);
    expect(stage.last().context.signal.aborted).toBe(false);
    await world.timing.advance(1);
    expect(stage.last().context.signal.aborted).toBe(true);
  });

  it('is free for the next job then', async () => {
    const { world, worker, stage } = await inTheMiddle(CAREFUL);
    world.befall(RENEW, requestLost);
    await world.timing.advance(60_000);
    stage.last().finish();
    world.mend();
    await world.timing.advance(5000);
    expect(worker.told('claimed').map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it('is free also where the sheet does not heed its signal', async () => {
    const { world, worker } = await inTheMiddle(CAREFUL);
    world.befall(RENEW, requestLost);
    await world.timing.advance(60_000);
    world.mend();
    await world.timing.advance(9999);
    expect(worker.told('lost')).toHaveLength(0);
    await world.timing.advance(5001);
    expect(worker.told('lost')).toHaveLength(1);
    expect(worker.told('claimed')).toHaveLength(2);
  });

  it('stops its sheet after a stall that no answer follows', async () => {
    const { world, worker, stage } = await inTheMiddle(CAREFUL);
    world.befall(RENEW, requestLost);
    await world.timing.stall(90_000);
    await world.timing.advance(30_000);
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.told('lost')[0]).toMatchObject({ by: 'deadline' });
  });
});
