import { describe, expect, it } from 'vitest';
import type { SheetResult } from '../../lib/worker.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

const MINUTE = 60_000;

describe('a worker', () => {
  it('plays a job to its end, sheet by sheet', async () => {
    const world = openWorld();
    await world.create('job-1', 2);
    const worker = world.start({ onSheet: ({ sheet }) => ({ stdout: `sheet ${sheet}` }) });
    await world.timing.advance(0);
    expect(worker.story).toEqual([
      'claimed',
      'sheet-started',
      'sheet-completed',
      'sheet-started',
      'sheet-completed',
      'finished',
    ]);
    expect(await world.load('job-1')).toMatchObject({
      status: 'completed',
      sheets: {
        '1': { status: 'completed', attempt_count: 1, stdout_tail: 'sheet 1' },
        '2': { status: 'completed', attempt_count: 1, stdout_tail: 'sheet 2' },
      },
    });
  });

  it('measures a sheet that does not say how long it took', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 2);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(1500);
    stage.last().finish();
    await world.timing.advance(100);
    stage.last().finish({ execution_duration_seconds: 42 });
    await world.timing.advance(0);
    expect(await world.load('job-1')).toMatchObject({
      sheets: {
        '1': { execution_duration_seconds: 1.5 },
        '2': { execution_duration_seconds: 42 },
      },
    });
  });

  it('goes on from the sheet where another one stopped', async () => {
    const world = openWorld();
    await world.create('job-1');
    const { held } = await world.client.acquire('job-1', { holder: 'w-0' });
    await world.client.update({ ...held, sheet: 1 }, { status: 'completed' });
    await world.client.release(held);
    const sheets: number[] = [];
    world.start({
      onSheet({ sheet }) {
        sheets.push(sheet);
      },
    });
    await world.timing.advance(0);
    expect(sheets).toEqual([2, 3]);
  });

  it('finishes a job whose remaining sheets were skipped under its lease', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 2);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    const { held } = stage.last().context;
    await world.client.update({ ...held, sheet: 2 }, { status: 'skipped' });
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-completed', 'finished']);
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
  });

  it('takes jobs of its name alone', async () => {
    const world = openWorld();
    await world.create('job-1');
    const worker = world.start({ jobName: 'Another job' });
    await world.timing.advance(MINUTE);
    expect(worker.story).toEqual([]);
  });

  it('runs as many jobs side by side as it is told to', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2', 'job-3']) await world.create(jobId, 1);
    const worker = world.start({ onSheet: stage.onSheet, concurrency: 2 });
    await world.timing.advance(0);
    expect(stage.performances.map(({ context }) => context.jobId)).toEqual(['job-1', 'job-2']);
    stage.performances[0]?.finish();
    await world.timing.advance(0);
    expect(stage.last().context.jobId).toBe('job-3');
    stage.last().finish();
    stage.performances[1]?.finish();
    await world.timing.advance(0);
    expect(
      worker
        .told('finished')
        .map(({ jobId }) => jobId)
        .toSorted(),
    ).toEqual(['job-1', 'job-2', 'job-3']);
  });

  it('shares three jobs with another one, and neither does a sheet of the other', async () => {
    const world = openWorld();
    for (const jobId of ['job-1', 'job-2', 'job-3']) await world.create(jobId, 4);
    const done: string[] = [];
    const onSheet = async ({
      jobId,
      sheet,
      held,
    }: {
      jobId: string;
      sheet: number;
      held: { epoch: number };
    }) => {
      done.push(`${jobId} ${sheet} ${held.epoch}`);
      await new Promise<void>(resolve => void world.timing.after(1000, resolve));
    };
    const workers = ['w-1', 'w-2'].map(holder => world.start({ holder, onSheet }));
    await world.timing.advance(MINUTE);
    const all = ['job-1', 'job-2', 'job-3'].flatMap(jobId =>
      [1, 2, 3, 4].map(sheet => `${jobId} ${sheet} 1`),
    );
    expect(done.toSorted()).toEqual(all);
    const finished = workers.map(worker => worker.told('finished').length);
    expect(finished).toEqual(expect.arrayContaining([1, 2]));
  });
});

it('runWorker() rejects a concurrency that is none', async () => {
  const worker = openWorld().start({ concurrency: 0 });
  await expect(worker.done).rejects.toThrow('Cannot run 0 jobs');
});

describe('a sheet that fails', () => {
  it('is tried again after a pause, and its message is kept', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    stage.last().fail(new Error('out of paper'));
    await world.timing.advance(0);
    expect(worker.told('sheet-failed')[0]).toMatchObject({ sheet: 1, failures: 1 });
    expect(await world.load('job-1')).toMatchObject({
      status: 'running',
      sheets: { '1': { status: 'failed', error_message: 'out of paper' } },
    });
    await world.timing.advance(1099);
    expect(stage.performances).toHaveLength(1);
    await world.timing.advance(1);
    stage.last().finish();
    await world.timing.advance(0);
    expect(await world.load('job-1')).toMatchObject({
      status: 'completed',
      sheets: { '1': { attempt_count: 2 } },
    });
  });

  it('fails its job when it has failed so often in a row', async () => {
    const world = openWorld();
    await world.create('job-1');
    const worker = world.start({
      maxRetries: 2,
      onSheet() {
        throw new Error('out of paper');
      },
    });
    await world.timing.advance(MINUTE);
    expect(worker.story).toEqual([
      'claimed',
      'sheet-started',
      'sheet-failed',
      'sheet-started',
      'sheet-failed',
      'finished',
    ]);
    expect(await world.load('job-1')).toMatchObject({
      status: 'failed',
      error_message: 'Sheet 1 failed 2 times: out of paper',
    });
  });

  it('counts no failures of the sheets before it', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 2);
    const worker = world.start({ onSheet: stage.onSheet, maxRetries: 2 });
    for (const end of ['fail', 'finish', 'fail', 'finish'] as const) {
      await world.timing.advance(2000);
      stage.last()[end]();
    }
    await world.timing.advance(0);
    expect(worker.told('sheet-failed').map(({ failures }) => failures)).toEqual([1, 1]);
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
  });

  it('fails its job also with a message of any length', async () => {
    const world = openWorld();
    await world.create('job-1');
    const worker = world.start({
      maxRetries: 1,
      onSheet() {
        throw new Error('\u{1f4c4}'.repeat(5000));
      },
    });
    await world.timing.advance(0);
    expect(worker.told('finished')[0]).toMatchObject({ status: 'failed' });
  });

  it('may have thrown anything', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    stage.last().fail('out of paper');
    await world.timing.advance(0);
    expect(await world.load('job-1')).toMatchObject({
      sheets: { '1': { error_message: 'out of paper' } },
    });
  });

  it('is one whose result the service does not take', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const validation_details = [{ passed: true, why: 'x'.repeat(1 << 20) }];
    const worker = world.start({ maxRetries: 2, onSheet: () => ({ validation_details }) });
    await world.timing.advance(MINUTE);
    expect(worker.told('sheet-failed')).toHaveLength(2);
    expect(worker.told('sheet-failed')[0]?.error).toMatchObject({ code: 'body_too_large' });
    expect(await world.load('job-1')).toMatchObject({ status: 'failed' });
  });

  it('is one whose result cannot be kept', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    stage.last().finish({ validationPassed: false } as SheetResult);
    await world.timing.advance(0);
    expect(worker.told('sheet-failed')[0]?.error.message).toContain('Cannot record what onSheet');
  });
});
