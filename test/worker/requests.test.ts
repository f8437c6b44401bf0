import { describe, expect, it } from 'vitest';
import { inTheMiddle } from './running-sheet.ts';

describe('an operator', () => {
  it('who asks for a pause gets it after the sheet that runs', async () => {
    const { world, stage, worker } = await inTheMiddle();
    await world.client.pause({ jobId: 'job-1' });
    await world.timing.advance(20_000);
    expect(worker.told('requested')[0]).toMatchObject({ requested: 'pause' });
    expect(stage.last().context.signal.aborted).toBe(false);
    stage.last().finish();
    await world.timing.advance(60_000);
    expect(worker.told('released')).toHaveLength(1);
    expect(worker.told('claimed')).toHaveLength(1);
    expect(await world.load('job-1')).toMatchObject({
      status: 'paused',
      sheets: { '1': { status: 'completed' } },
    });
  });

  it('who asks for a pause gets it also after a sheet that failed', async () => {
    const { world, stage, worker } = await inTheMiddle();
    await world.client.pause({ jobId: 'job-1' });
    await world.timing.advance(20_000);
    stage.last().fail(new Error('out of paper'));
    await world.timing.advance(0);
    expect(worker.story.slice(-2)).toEqual(['sheet-failed', 'released']);
    expect(await world.load('job-1')).toMatchObject({ status: 'paused' });
  });

  it('who cancels stops the sheet that runs', async () => {
    const { world, stage, worker } = await inTheMiddle();
    await world.client.cancel({ jobId: 'job-1' });
    await world.timing.advance(20_000);
    const { context } = stage.last();
    expect(context.signal.reason).toMatchObject({ why: 'cancel' });
    stage.last().fail(context.signal.reason);
    await world.timing.advance(0);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'requested', 'released']);
    expect(await world.load('job-1')).toMatchObject({ status: 'cancelled' });
  });

  it('who takes a pause back is heeded, though the worker has not heard of it', async () => {
    const { world, stage, worker } = await inTheMiddle();
    await world.client.pause({ jobId: 'job-1' });
    await world.timing.advance(20_000);
    await world.client.resume({ jobId: 'job-1' });
    stage.last().finish();
    await world.timing.advance(10_000);
    expect(worker.story).toContain('released');
    // Given back and claimed again: nobody has to resume it once more.
    expect(worker.told('claimed')).toHaveLength(2);
  });

  it('who cancels has no use for what the sheet still returned', async () => {
    const { world, stage } = await inTheMiddle();
    await world.client.cancel({ jobId: 'job-1' });
    await world.timing.advance(20_000);
    stage.last().finish();
    await world.timing.advance(0);
    expect(await world.load('job-1')).toMatchObject({
      status: 'cancelled',
      sheets: { '1': { status: 'in_progress' } },
    });
  });

  it('who has a job failed stops the sheet that runs', async () => {
    const { world, stage, worker } = await inTheMiddle();
    await world.client.fail({ jobId: 'job-1', errorMessage: 'The customer left' });
    await world.timing.advance(20_000);
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.told('released')).toHaveLength(1);
    expect(await world.load('job-1')).toMatchObject({
      status: 'failed',
      error_message: 'The customer left',
    });
  });

  it('who cancels waits no longer than the grace for a sheet that does not heed it', async () => {
    const { world, worker } = await inTheMiddle();
    await world.client.cancel({ jobId: 'job-1' });
    await world.timing.advance(29_999);
    expect(worker.told('released')).toHaveLength(0);
    await world.timing.advance(1);
    expect(worker.told('released')).toHaveLength(1);
    expect(await world.load('job-1')).toMatchObject({ status: 'cancelled' });
  });
});
