import { describe, expect, it } from 'vitest';
import { SheetTimeoutError } from '../../../lib/worker.ts';
import { inTheMiddle } from '../running-sheet.ts';
import { openWorld } from '../world.ts';

const MINUTE = 60_000;
const LIMITS = { sheetTimeoutMs: 5000, graceSeconds: 10, retry: { jitter: 0 } };

describe('a sheet that takes too long', () => {
  it('is told by its signal, fails, and is tried again', async () => {
    const { world, stage, worker } = await inTheMiddle(LIMITS);
    const { signal } = stage.last().context;
    await world.timing.advance(4999);
    expect(signal.aborted).toBe(false);
    await world.timing.advance(1);
    expect(signal.reason).toBeInstanceOf(SheetTimeoutError);
    stage.last().fail(signal.reason);
    await world.timing.advance(1000);
    expect(worker.told('sheet-failed')[0]).toMatchObject({ failures: 1, error: signal.reason });
    expect(stage.last().context).toMatchObject({ attempt: 2, signal: { aborted: false } });
    expect(await world.load('job-1')).toMatchObject({
      sheets: {
        '1': {
          exit_reason: 'timeout',
          error_history: [{ error_message: 'The sheet took longer than 5000 ms' }],
        },
      },
    });
  });

  it('has failed, also if it returns a result after the timeout', async () => {
    const { world, stage, worker } = await inTheMiddle(LIMITS);
    await world.timing.advance(6000);
    stage.last().finish({ stdout: 'late' });
    await world.timing.advance(0);
    expect(worker.story.slice(-1)).toEqual(['sheet-failed']);
    expect(await world.load('job-1')).toMatchObject({ sheets: { '1': { stdout_tail: null } } });
  });

  it('is not tried beside itself: the job is given back if it does not stop within the grace', async () => {
    const { world, stage, worker } = await inTheMiddle(LIMITS);
    await world.timing.advance(14_999);
    expect(worker.story).not.toContain('sheet-failed');
    await world.timing.advance(1);
    expect(worker.story.slice(2, 5)).toEqual(['sheet-failed', 'released', 'claimed']);
    // It counts on under the next lease.
    await world.timing.advance(1000);
    const [first, second] = stage.performances;
    expect([first?.context.held.epoch, second?.context.held.epoch]).toEqual([1, 2]);
    first?.context.progress('late');
    first?.finish({ stdout: 'late' });
    await world.timing.advance(20_000);
    expect(second?.context.lease.progress).not.toBe('late');
  });

  it('fails its job as often as other failures', async () => {
    const { world } = await inTheMiddle({ ...LIMITS, maxRetries: 1 });
    await world.timing.advance(MINUTE);
    expect(await world.load('job-1')).toMatchObject({
      status: 'failed',
      error_message: 'Sheet 1 failed 1 time: The sheet took longer than 5000 ms',
    });
  });

  it('is released without a failure if the worker stops first', async () => {
    const { world, stage, worker } = await inTheMiddle(LIMITS);
    worker.stop();
    await world.timing.advance(6000);
    stage.last().fail(new Error('stopped'));
    await worker.done;
    expect(worker.story).not.toContain('sheet-failed');
    expect(world.timing.pending()).toBe(0);
  });
});

it.each([0, -1, Number.NaN, 2 ** 31])('runWorker() rejects a timeout of %d ms', async timeout => {
  const worker = openWorld().start({ sheetTimeoutMs: timeout });
  await expect(worker.done).rejects.toThrow(RangeError);
});
