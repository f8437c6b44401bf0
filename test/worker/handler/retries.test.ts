import { describe, expect, it } from 'vitest';
import { PermanentError } from '../../../lib/worker.ts';
import { inTheMiddle } from '../running-sheet.ts';
import { openStage } from '../stage.ts';
import { openWorld } from '../world.ts';

const MINUTE = 60_000;
const OUT_OF_PAPER = new Error('out of paper');
/** Pauses of exactly 1, 2, 4 seconds. */
const EXACT = { jitter: 0 };

describe('a failed sheet', () => {
  it('is tried again after 1, 2 and 4 seconds, under its lease', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const triedAt: number[] = [];
    world.start({
      retry: { ...EXACT, attempts: 4 },
      ttlSeconds: 3,
      onSheet() {
        triedAt.push(world.timing.elapsedMs() - 1000);
        throw OUT_OF_PAPER;
      },
    });
    await world.timing.advance(MINUTE);
    expect(triedAt).toEqual([0, 1000, 3000, 7000]);
    expect(await world.load('job-1')).toMatchObject({
      status: 'failed',
      error_message: 'Sheet 1 failed 4 times: out of paper',
      dalsegno: { epoch: 1 },
    });
  });

  it('is never tried three times within a second', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const triedAt: number[] = [];
    world.start({
      retry: { initialMs: 500, factor: 1, jitter: 0, attempts: 5 },
      onSheet() {
        triedAt.push(world.timing.elapsedMs());
        throw OUT_OF_PAPER;
      },
    });
    await world.timing.advance(MINUTE);
    expect(triedAt).toHaveLength(5);
    const thirds = triedAt.slice(2).map((at, index) => at - (triedAt[index] ?? 0));
    expect(Math.min(...thirds)).toBeGreaterThanOrEqual(1000);
  });

  it('fails its job as often as its own max_retries says', async () => {
    const world = openWorld();
    await world.client.create({
      job_id: 'job-1',
      job_name: 'A job',
      total_sheets: 1,
      sheets: { '1': { sheet_num: 1, max_retries: 2 } },
    });
    const worker = world.start({
      onSheet() {
        throw OUT_OF_PAPER;
      },
    });
    await world.timing.advance(MINUTE);
    expect(worker.told('sheet-failed')).toHaveLength(2);
  });

  it.each([
    [
      'a stop of the worker',
      async ({ worker }: Awaited<ReturnType<typeof inTheMiddle>>) => worker.stop(),
      'released',
    ],
    [
      'a pause by an operator',
      async ({ world }: Awaited<ReturnType<typeof inTheMiddle>>) => {
        await world.client.pause({ jobId: 'job-1' });
        await world.timing.advance(20_000);
      },
      'released',
    ],
    [
      'a cancel by an operator',
      async ({ world }: Awaited<ReturnType<typeof inTheMiddle>>) => {
        await world.client.cancel({ jobId: 'job-1' });
        await world.timing.advance(20_000);
      },
      'released',
    ],
    [
      'a lost lease',
      async ({ world }: Awaited<ReturnType<typeof inTheMiddle>>) => {
        await world.remove('job-1');
        await world.timing.advance(20_000);
      },
      'lost',
    ],
  ])('is not tried again after %s, which ends the pause at once', async (_, happen, end) => {
    const setup = await inTheMiddle({ retry: { initialMs: 3_600_000, maximumMs: 3_600_000 } });
    const { world, stage, worker } = setup;
    stage.last().fail(OUT_OF_PAPER);
    await world.timing.advance(0);
    await happen(setup);
    await world.timing.advance(100);
    expect(stage.performances).toHaveLength(1);
    expect(worker.story).toContain(end);
  });

  it('counts on where another worker takes the job, and waits there too', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const stage = openStage();
    const first = world.start({ onSheet: stage.onSheet, retry: EXACT });
    await world.timing.advance(0);
    stage.last().fail(OUT_OF_PAPER);
    await world.timing.advance(400);
    first.stop();
    await first.done;
    const second = world.start({ holder: 'w-2', onSheet: stage.onSheet, retry: EXACT });
    await world.timing.advance(599);
    expect(stage.performances).toHaveLength(1);
    await world.timing.advance(1);
    expect(stage.performances).toHaveLength(2);
    stage.last().fail(OUT_OF_PAPER);
    await world.timing.advance(2000);
    stage.last().fail(OUT_OF_PAPER);
    await world.timing.advance(0);
    expect(second.told('sheet-failed').map(({ failures }) => failures)).toEqual([2, 3]);
    expect(await world.load('job-1')).toMatchObject({ status: 'failed' });
  });

  it('counts no attempt that was only stopped', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    for (let stops = 0; stops < 5; stops += 1) {
      const stage = openStage();
      const worker = world.start({ onSheet: stage.onSheet });
      await world.timing.advance(10);
      worker.stop();
      stage.last().fail(OUT_OF_PAPER);
      await worker.done;
    }
    const stage = openStage();
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(10);
    expect(stage.last().context.attempt).toBe(6);
    stage.last().fail(OUT_OF_PAPER);
    await world.timing.advance(MINUTE);
    expect(stage.performances).toHaveLength(2);
    expect(worker.told('sheet-failed').map(({ failures }) => failures)).toEqual([1]);
  });

  it('has as many tries again when an operator resumes the failed job', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const worker = world.start({
      onSheet() {
        throw OUT_OF_PAPER;
      },
    });
    await world.timing.advance(MINUTE);
    await world.client.resume({ jobId: 'job-1' });
    await world.timing.advance(MINUTE);
    expect(worker.told('sheet-failed').map(({ failures }) => failures)).toEqual([1, 2, 3, 1, 2, 3]);
  });
});

describe('a PermanentError', () => {
  it.each([
    ['of the library', new PermanentError('no such account')],
    ['of your own', Object.assign(new Error('no such account'), { permanent: true })],
  ])('%s fails the job at once, with its message', async (_, error) => {
    const { world, stage, worker } = await inTheMiddle();
    stage.last().fail(error);
    await world.timing.advance(0);
    expect(worker.story.slice(-2)).toEqual(['sheet-failed', 'finished']);
    expect(await world.load('job-1')).toMatchObject({
      status: 'failed',
      error_message: 'Sheet 1 failed: no such account',
      sheets: { '1': { status: 'failed', error_history: [{ error_type: 'permanent' }] } },
    });
  });

  it('is not counted after the job is resumed', async () => {
    const { world, stage, worker } = await inTheMiddle();
    stage.last().fail(new PermanentError('no such account'));
    await world.timing.advance(0);
    await world.client.resume({ jobId: 'job-1' });
    await world.timing.advance(MINUTE);
    stage.last().fail(OUT_OF_PAPER);
    await world.timing.advance(0);
    expect(worker.told('sheet-failed').map(({ failures }) => failures)).toEqual([1, 1]);
  });
});
