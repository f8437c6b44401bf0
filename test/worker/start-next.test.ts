import { describe, expect, it } from 'vitest';
import { answerLost, olderService } from './mishap.ts';
import { inTheMiddle } from './running-sheet.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

const SHEET = /\/sheets\//;
const MINUTE = 60_000;

describe('a worker', () => {
  it('starts the first sheet with its claim, and each further one with the completion before it', async () => {
    const world = openWorld();
    await world.create('job-1', 3);
    const ran: string[] = [];
    world.start({
      async onSheet({ sheet, attempt, jobId }) {
        const { sheets } = await world.load(jobId);
        ran.push(`${sheet} ${attempt} ${sheets[String(sheet)]?.status}`);
      },
    });
    await world.timing.advance(0);
    expect(ran).toEqual(['1 1 in_progress', '2 1 in_progress', '3 1 in_progress']);
    expect(world.calls.filter(call => SHEET.test(call))).toEqual([
      'PUT /v1/jobs/job-1/sheets/1',
      'PUT /v1/jobs/job-1/sheets/2',
      'PUT /v1/jobs/job-1/sheets/3',
    ]);
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
  });

  it('runs the started sheet once if the answer is lost', async () => {
    const world = openWorld({ processes: 2 });
    await world.create('job-1', 2);
    world.befallUpdate('completed', answerLost, 1);
    const ran: string[] = [];
    world.start({
      onSheet({ sheet, attempt }) {
        ran.push(`${sheet} ${attempt}`);
      },
    });
    await world.timing.advance(MINUTE);
    expect(ran).toEqual(['1 1', '2 1']);
    expect(await world.load('job-1')).toMatchObject({
      status: 'completed',
      sheets: { '2': { attempt_count: 1 } },
    });
  });

  it('starts a failed sheet again by a call of its own', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 2);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    stage.last().finish();
    await world.timing.advance(0);
    stage.last().fail(new Error('out of paper'));
    await world.timing.advance(MINUTE);
    expect(stage.last().context).toMatchObject({ sheet: 2, attempt: 2 });
    stage.last().finish();
    await world.timing.advance(0);
    expect(await world.load('job-1')).toMatchObject({
      status: 'completed',
      sheets: { '2': { attempt_count: 2 } },
    });
  });

  it('starts each sheet by a call of its own at an older service', async () => {
    const world = openWorld();
    await world.create('job-1', 3);
    world.befall(/./, olderService);
    const ran: string[] = [];
    const worker = world.start({
      onSheet({ sheet, attempt }) {
        ran.push(`${sheet} ${attempt}`);
      },
    });
    await world.timing.advance(MINUTE);
    expect(ran).toEqual(['1 1', '2 1', '3 1']);
    expect(worker.told('sheet-failed')).toEqual([]);
    expect(worker.told('finished')[0]).toMatchObject({ status: 'completed' });
  });

  it('asks an older service once, and again after it may have been updated', async () => {
    const world = openWorld();
    const asked: boolean[] = [];
    await world.create('job-1', 6);
    world.befall(SHEET, async (request, deliver) => {
      const text = await request.clone().text();
      asked.push(text.includes('start_next'));
      return olderService(request, deliver);
    });
    world.start({
      async onSheet({ sheet }) {
        const seconds = sheet === 4 ? 601 : 0;
        if (seconds > 0) {
          await new Promise<void>(resolve => void world.timing.after(seconds * 1000, resolve));
        }
      },
    });
    await world.timing.advance(11 * MINUTE);
    expect(asked.filter(Boolean)).toHaveLength(2);
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
  });
});

describe('a worker that is to give its job back', () => {
  it('does not start the next sheet after a request to pause', async () => {
    const { world, stage } = await inTheMiddle();
    await world.client.pause({ jobId: 'job-1' });
    await world.timing.advance(20_000);
    stage.last().finish();
    await world.timing.advance(0);
    const { status, sheets } = await world.load('job-1');
    expect([status, Object.keys(sheets)]).toEqual(['paused', ['1']]);
  });

  it('does not start the next sheet while it stops', async () => {
    const { world, stage, worker } = await inTheMiddle();
    worker.stop();
    stage.last().finish();
    await world.timing.advance(0);
    const { status, sheets } = await world.load('job-1');
    expect([status, Object.keys(sheets), sheets['1']?.status]).toEqual([
      'paused',
      ['1'],
      'completed',
    ]);
  });

  it('does not run the sheet that was started while the stop came', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 2);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    world.befallUpdate('completed', async (_request, deliver) => {
      const answer = await deliver();
      worker.stop();
      return answer;
    });
    stage.last().finish();
    await world.timing.advance(0);
    await worker.done;
    expect(stage.performances).toHaveLength(1);
    expect(worker.story.slice(-3)).toEqual(['sheet-completed', 'released', 'stopped']);
    expect(await world.load('job-1')).toMatchObject({
      status: 'paused',
      sheets: { '2': { status: 'in_progress', attempt_count: 1 } },
    });
  });
});
