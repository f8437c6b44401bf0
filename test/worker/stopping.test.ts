import { describe, expect, it } from 'vitest';
import { createStopSignal, type ProcessLike } from '../../lib/worker/stop-signal.ts';
import {
  deafSilence,
  neverAnswered,
  olderService,
  page,
  requestLost,
  unavailable,
} from './mishap.ts';
import { inTheMiddle } from './running-sheet.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

describe('a worker that is stopped', () => {
  it('settles at once while it waits for a job', async () => {
    const world = openWorld();
    const worker = world.start();
    await world.timing.advance(0);
    worker.stop();
    await worker.done;
    expect(worker.story).toEqual(['stopping', 'stopped']);
  });

  it('never asks for a job where it was stopped before it began', async () => {
    const world = openWorld();
    const signal = AbortSignal.abort();
    await world.start({ signal }).done;
    expect(world.calls).toEqual([]);
  });

  it('stops its sheet and gives the job back, to be claimed at once', async () => {
    const { world, stage, worker } = await inTheMiddle({ sheets: 1 });
    worker.stop();
    const { context } = stage.last();
    expect(context.signal.reason).toMatchObject({ why: 'stop' });
    stage.last().fail(context.signal.reason);
    await worker.done;
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'stopping', 'released', 'stopped']);
    expect((await world.client.claim({ holder: 'w-2' }))?.held).toMatchObject({ epoch: 2 });
  });

  it('keeps a sheet that is completed all the same', async () => {
    const { world, stage, worker } = await inTheMiddle({ sheets: 1 });
    worker.stop();
    stage.last().finish();
    await worker.done;
    expect(worker.story).toContain('finished');
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
  });

  it('waits no longer than the grace for a sheet that does not heed it', async () => {
    const { world, worker } = await inTheMiddle({ sheets: 1 });
    worker.stop();
    await world.timing.advance(9999);
    expect(worker.story).not.toContain('released');
    await world.timing.advance(1);
    await worker.done;
    expect(worker.story).toContain('released');
  });

  it('gives every job back', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2']) await world.create(jobId);
    const worker = world.start({ onSheet: stage.onSheet, concurrency: 3 });
    await world.timing.advance(0);
    worker.stop();
    for (const performance of stage.performances) performance.fail(new Error('stopped'));
    await worker.done;
    expect(worker.told('released').map(({ jobId }) => jobId)).toEqual(['job-1', 'job-2']);
  });

  it('gives a job back that it was given while it was being stopped', async () => {
    const world = openWorld();
    await world.create('job-1');
    const worker = world.start();
    worker.stop();
    await worker.done;
    expect(worker.story).toEqual(['stopping', 'claimed', 'released', 'stopped']);
  });

  it('does not begin a sheet that it had yet to begin', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    world.befall(/claims/, olderService);
    world.befall(/sheets/, unavailable, 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(500);
    worker.stop();
    await world.timing.advance(5000);
    await worker.done;
    expect(stage.performances).toEqual([]);
    expect(worker.story).toEqual(['claimed', 'stopping', 'released', 'stopped']);
  });

  it.each([
    ['breaks the connection', requestLost],
    ['never answers', neverAnswered],
    ['does not even heed the signal', deafSilence],
    ['is a page with 502', page(502)],
    ['is unavailable', unavailable],
  ])('settles within the grace and some seconds where what answers %s', async (_, mishap) => {
    const { world, stage, worker } = await inTheMiddle({ sheets: 1 });
    world.befall(/./, mishap);
    worker.stop();
    stage.last().finish();
    await world.timing.advance(29_000);
    expect(worker.story.at(-1)).toBe('stopped');
    await worker.done;
    expect(worker.told('error').map(({ during }) => during)).toContain('release');
  });

  it.each([
    ['breaks the connection', requestLost],
    ['never answers', neverAnswered],
  ])('settles so also while it claims, and what answers %s', async (_, mishap) => {
    const world = openWorld();
    world.befall(/./, mishap);
    const worker = world.start();
    await world.timing.advance(100);
    worker.stop();
    await world.timing.advance(29_000);
    expect(worker.story.at(-1)).toBe('stopped');
  });

  it('settles so also in an outage longer than its lease, with a result that waits', async () => {
    const { world, stage, worker } = await inTheMiddle({ sheets: 1 });
    world.befall(/./, requestLost);
    await world.timing.advance(120_000);
    stage.last().finish({ stdout: 'worth hours' });
    await world.timing.advance(10_000);
    worker.stop();
    await world.timing.advance(29_000);
    expect(worker.story.at(-1)).toBe('stopped');
  });

  it('settles so also where a claim is answered when all of its time is over', async () => {
    const world = openWorld();
    await world.create('job-1');
    world.befall(/claims/, async (_request, deliver) => {
      const answer = await deliver();
      await new Promise<void>(resolve => void world.timing.after(20_000, resolve));
      return answer;
    });
    world.befall(/^DELETE /, neverAnswered);
    const worker = world.start({ timeoutSeconds: 60 });
    await world.timing.advance(0);
    worker.stop();
    await world.timing.advance(25_000);
    expect(worker.story).toEqual(['stopping', 'claimed', 'error', 'stopped']);
  });

  it('keeps a result when the service is there again within the grace', async () => {
    const { world, stage, worker } = await inTheMiddle({ sheets: 1 });
    world.befall(/./, requestLost);
    stage.last().finish({ stdout: 'worth hours' });
    worker.stop();
    await world.timing.advance(5000);
    world.mend();
    await world.timing.advance(8000);
    await worker.done;
    expect(worker.story).toContain('finished');
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
  });

  it('gives its job back when the service is there again just after the grace', async () => {
    const { world, worker } = await inTheMiddle({ sheets: 1 });
    world.befall(/./, page(502));
    worker.stop();
    await world.timing.advance(11_000);
    world.mend();
    await world.timing.advance(4000);
    await worker.done;
    expect(worker.story.at(-2)).toBe('released');
    expect(await world.load('job-1')).toMatchObject({ status: 'paused' });
  });

  it('leaves no timer behind', async () => {
    const { world, stage, worker } = await inTheMiddle({ sheets: 1 });
    worker.stop();
    stage.last().finish();
    await worker.done;
    expect(world.timing.pending()).toBe(0);
  });
});

/** A process whose signals a test raises. */
function fakeProcess(): ProcessLike & { raise(signal: string): void; readonly log: string[] } {
  const listeners = new Map<string, () => void>();
  const log: string[] = [];
  return {
    pid: 7,
    log,
    on: (signal, listener) => listeners.set(signal, listener),
    off: signal => listeners.delete(signal),
    kill: (pid, signal) => log.push(`${signal} to ${pid}, listening to ${listeners.size}`),
    raise: signal => listeners.get(signal)?.(),
  };
}

describe('a stop signal', () => {
  it.each(['SIGTERM', 'SIGINT'])('is given by %s', name => {
    const process = fakeProcess();
    const { signal } = createStopSignal({ signal: undefined, process });
    process.raise(name);
    expect(signal.reason).toBe(name);
    expect(process.log).toEqual([]);
  });

  it('lets a second signal end the process', () => {
    const process = fakeProcess();
    createStopSignal({ signal: undefined, process });
    process.raise('SIGTERM');
    process.raise('SIGINT');
    expect(process.log).toEqual(['SIGINT to 7, listening to 0']);
  });

  it('listens no more after its end', () => {
    const process = fakeProcess();
    const stopSignal = createStopSignal({ signal: undefined, process });
    stopSignal.end();
    process.raise('SIGTERM');
    expect(stopSignal.signal.aborted).toBe(false);
  });
});
