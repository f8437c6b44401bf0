import { describe, expect, it } from 'vitest';
import { olderService, requestLost } from '../mishap.ts';
import { inTheMiddle } from '../running-sheet.ts';
import { openStage } from '../stage.ts';
import { openWorld } from '../world.ts';

const MINUTE = 60_000;
const RENEW = /PUT .*\/lease|heartbeats/;
const LEASE = /\/lease|heartbeats/;

describe('the last progress of a sheet', () => {
  it('is handed to the next attempt of the same worker, without a heartbeat', async () => {
    const { world, stage } = await inTheMiddle();
    expect(stage.last().context.lastProgress).toBeNull();
    stage.last().context.progress({ row: 1 });
    stage.last().context.progress({ row: 2 });
    stage.last().fail(new Error('out of paper'));
    await world.timing.advance(2000);
    expect(stage.last().context).toMatchObject({ attempt: 2, lastProgress: { row: 2 } });
    expect(world.calls.filter(call => RENEW.test(call))).toEqual([]);
  });

  it('is handed to the worker that takes the job from a killed one', async () => {
    const { world, stage, worker } = await inTheMiddle();
    stage.last().context.progress({ row: 7 });
    await world.timing.advance(20_000);
    // From now on nothing of it arrives.
    world.befall(/./, requestLost);
    await world.timing.advance(2 * MINUTE);
    world.mend();
    expect(worker.told('error').length).toBeGreaterThan(0);
    await world.client.sweep();
    const grant = await world.client.acquire('job-1', { holder: 'w-2' });
    expect(grant.last_progress).toMatchObject({ sheet: 1, attempt: 1, progress: { row: 7 } });
  });

  it('is handed to the worker after a stop, also if no heartbeat has told it', async () => {
    const { world, stage, worker } = await inTheMiddle();
    stage.last().context.progress({ row: 1 });
    worker.stop();
    stage.last().context.progress({ row: 9 });
    stage.last().fail(new Error('stopped'));
    await worker.done;
    const next = openStage();
    world.start({ holder: 'w-2', onSheet: next.onSheet });
    await world.timing.advance(0);
    expect(next.last().context.lastProgress).toEqual({ row: 9 });
  });

  it('does not keep a worker from stopping when the service is silent', async () => {
    const { world, stage, worker } = await inTheMiddle();
    world.befall(RENEW, () => new Promise(() => undefined));
    stage.last().context.progress({ row: 1 });
    worker.stop();
    stage.last().fail(new Error('stopped'));
    await world.timing.advance(2000);
    expect(worker.story.slice(-2)).toEqual(['released', 'stopped']);
  });

  it('is kept when the job fails, for an operator that resumes it', async () => {
    const { world, stage } = await inTheMiddle({ maxRetries: 1 });
    stage.last().context.progress('half');
    stage.last().fail(new Error('out of paper'));
    await world.timing.advance(0);
    await world.client.resume({ jobId: 'job-1' });
    await world.timing.advance(MINUTE);
    expect(stage.last().context.lastProgress).toBe('half');
  });

  it('is not that of another sheet, whatever is still on its way', async () => {
    const { world, stage, worker } = await inTheMiddle();
    stage.last().context.progress({ row: 7 });
    stage.last().finish();
    await world.timing.advance(0);
    expect(stage.last().context).toMatchObject({ sheet: 2, lastProgress: null });
    await world.timing.advance(30_000);
    worker.stop();
    stage.last().fail(new Error('stopped'));
    await worker.done;
    const grant = await world.client.acquire('job-1', { holder: 'w-2' });
    expect(grant.last_progress).toBeUndefined();
  });

  it('is not what a sheet says that has ended', async () => {
    const { world, stage, worker } = await inTheMiddle();
    const [first] = stage.performances;
    first?.finish();
    await world.timing.advance(0);
    first?.context.progress('late');
    worker.stop();
    stage.last().fail(new Error('stopped'));
    await worker.done;
    expect(world.calls.filter(call => LEASE.test(call))).toEqual(['DELETE /v1/jobs/job-1/lease']);
  });

  it('costs no heartbeat where nothing new was reported', async () => {
    const { world, stage, worker } = await inTheMiddle();
    stage.last().context.progress('half');
    await world.timing.advance(20_000);
    const before = world.calls.length;
    worker.stop();
    stage.last().fail(new Error('stopped'));
    await worker.done;
    expect(world.calls.slice(before)).toEqual(['DELETE /v1/jobs/job-1/lease']);
  });

  it('is sent without its sheet to an older service', async () => {
    const { world, stage } = await inTheMiddle();
    world.befall(/./, olderService);
    stage.last().context.progress('half');
    await world.timing.advance(40_000);
    expect(stage.last().context.lease.progress).toBe('half');
  });

  it('is sent without their sheets to an older service, of several jobs', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2']) await world.create(jobId, 1);
    world.start({ onSheet: stage.onSheet, concurrency: 2 });
    await world.timing.advance(0);
    world.befall(/./, async (request, deliver) => {
      const text = await request.clone().text();
      if (!text.includes('"sheet"')) return deliver();
      const one = { ok: false, status: 422, code: 'invalid', detail: '/sheet: unknown' };
      return Response.json({ beats: [one, one], server_time: '2026-03-04T05:06:07Z' });
    });
    for (const { context } of stage.performances) context.progress(context.jobId);
    await world.timing.advance(MINUTE);
    expect(stage.performances.map(({ context }) => context.lease.progress)).toEqual([
      'job-1',
      'job-2',
    ]);
  });
});
