import { describe, expect, it } from 'vitest';
import { answerLost, refused, requestLost, unavailable } from './mishap.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

const CLAIM = /^POST \/v1\/claims$/;
const UPDATE = /\/sheets\//;

describe('a worker', () => {
  it('whose answers are lost counts no attempt twice and finishes the job', async () => {
    const world = openWorld();
    await world.create('job-1', 2);
    world.befall(UPDATE, answerLost, 3);
    const worker = world.start();
    await world.timing.advance(60_000);
    expect(worker.told('finished')[0]).toMatchObject({ status: 'completed' });
    expect(await world.load('job-1')).toMatchObject({
      sheets: { '1': { attempt_count: 1 }, '2': { attempt_count: 1 } },
    });
  });

  it('learns that the job is complete when the answer to its last update was lost', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    world.befall(UPDATE, answerLost, 1);
    stage.last().finish();
    await world.timing.advance(5000);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-completed', 'finished']);
  });

  it('keeps a result until the service can take it', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet, ttlSeconds: 600 });
    await world.timing.advance(0);
    world.befall(/./, requestLost);
    stage.last().finish({ stdout: 'worth hours' });
    await world.timing.advance(500_000);
    world.mend();
    await world.timing.advance(20_000);
    expect(worker.story).toContain('finished');
    expect(await world.load('job-1')).toMatchObject({
      sheets: { '1': { stdout_tail: 'worth hours' } },
    });
  });

  it('asks again when the service is there again', async () => {
    const world = openWorld();
    await world.create('job-1');
    world.befall(/./, unavailable, 20);
    const worker = world.start();
    await world.timing.advance(120_000);
    expect(worker.story.slice(0, 3)).toEqual(['error', 'error', 'error']);
    expect(worker.story).toContain('finished');
  });

  it('goes on after a job that it cannot handle', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    world.befall(UPDATE, refused(500, 'state_corrupt'));
    const worker = world.start();
    await world.timing.advance(4000);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'error', 'released']);
    await world.timing.advance(1000);
    expect(worker.told('claimed')).toHaveLength(2);
  });

  it('waits longer each time in a row that it cannot handle a job', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    world.befall(UPDATE, refused(500, 'state_corrupt'));
    const worker = world.start({ pollSeconds: 5 });
    const counts: number[] = [];
    for (const seconds of [4, 10, 20, 40, 80, 160, 320, 320, 320]) {
      await world.timing.advance(seconds * 1000);
      counts.push(worker.told('sheet-started').length);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    world.mend();
    await world.timing.advance(320_000);
    expect(worker.story).toContain('finished');
  });

  it('goes on when its job is deleted', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    await world.remove('job-1');
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'lost']);
  });

  it.each([
    [501, 'leases_unsupported'],
    [401, 'unauthorized'],
    [422, 'invalid'],
  ])('rejects when claims are refused with %i', async (status, code) => {
    const world = openWorld();
    world.befall(CLAIM, refused(status, code));
    const worker = world.start();
    await expect(worker.done).rejects.toMatchObject({ status, code });
    expect(worker.story).toEqual(['error', 'stopping', 'stopped']);
  });

  it.each([{ url: 'http://me:secret@service.test' }, { token: 'line\nbreak' }])(
    'rejects when no request can be made with %j',
    async options => {
      const worker = openWorld().start(options);
      await expect(worker.done).rejects.toThrow(TypeError);
    },
  );

  it('rejects when it cannot tell what happens, and gives the job back', async () => {
    const world = openWorld();
    await world.create('job-1');
    const worker = world.start({
      onEvent() {
        throw new Error('The disk of the log is full');
      },
    });
    await expect(worker.done).rejects.toThrow('The disk of the log is full');
    expect(await world.load('job-1')).toMatchObject({ status: 'paused' });
  });
});
