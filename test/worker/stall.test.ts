import { describe, expect, it } from 'vitest';
import { neverAnswered, requestLost } from './mishap.ts';
import { inTheMiddle } from './running-sheet.ts';
import { type World } from './world.ts';

const RENEW = /^PUT \/v1\/jobs\/[^/]+\/lease$/;

/** A worker that stops its sheet where the lease may have ended. */
const CAREFUL = { abortWhenUncertain: true };

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
