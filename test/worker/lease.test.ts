import { describe, expect, it } from 'vitest';
import { Interruption } from '../../lib/worker.ts';
import { neverAnswered, refused, requestLost } from './mishap.ts';
import { inTheMiddle } from './running-sheet.ts';
import { openStage } from './stage.ts';
import { openWorld, type World } from './world.ts';

const RENEW = /^PUT \/v1\/jobs\/[^/]+\/lease$/;
const BEATS = /^POST \/v1\/heartbeats$/;
const UPDATE = /\/sheets\//;

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
    // The first time it may be an older service, which does not know sheets.
    world.befall(RENEW, refused(422, 'invalid'), 2);
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
