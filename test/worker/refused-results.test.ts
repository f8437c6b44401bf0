import { describe, expect, it } from 'vitest';
import { captureTail } from '../../lib/checkpoint/output-tail.ts';
import { createClient } from '../../lib/worker.ts';
import { anUpdate, held } from './bodies.ts';
import { answerReplaced, type Mishap, page, refused } from './mishap.ts';
import { json, scriptedService } from './scripted-service.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A proxy or a service that takes no body of more than so many bytes. */
function limited(bytes: number, refusal: Mishap): Mishap {
  return async (request, deliver) => {
    const body = await request.clone().arrayBuffer();
    return body.byteLength > bytes ? refusal(request, deliver) : deliver();
  };
}

/** The outputs of a sheet as the service keeps them, told apart by how they were sent. */
async function keptOf(stdout: string): Promise<unknown> {
  const world = openWorld();
  await world.create('job-1', 1);
  world.start({ onSheet: () => ({ stdout, stderr: stdout }) });
  await world.timing.advance(0);
  const sheet = (await world.load('job-1')).sheets['1'] as Readonly<Record<string, unknown>>;
  return Object.fromEntries(KEPT.map(name => [name, sheet[name]]));
}

const KEPT = ['stdout_tail', 'stderr_tail', 'output_truncated'];

describe('an output of megabytes', () => {
  it('is kept as if all of it had been sent', async () => {
    const text = `${'x'.repeat(900_000)} AKIAIOSFODNN7EXAMPLE ${'é\u{1f4c4}'.repeat(6000)} end`;
    const kept = await keptOf(text);
    expect(kept).toEqual({
      stdout_tail: captureTail(text).tail,
      stderr_tail: captureTail(text).tail,
      output_truncated: true,
    });
    expect(JSON.stringify(kept)).not.toContain('AKIA');
  });

  it.each([30_000_000, 131_073])('of %i characters travels as its end', async length => {
    const { fetch, received } = scriptedService(json(200, anUpdate()));
    const client = createClient({ url: 'http://service.test', fetch });
    const stdout = `${'\u{1f4c4}'.repeat(length / 2)}!`;
    await client.update({ ...held, sheet: 1 }, { status: 'failed', stdout, stderr: 'short' });
    const { body } = received[0] ?? {};
    const sent = (body as { stdout: string }).stdout;
    expect(sent.length).toBeLessThanOrEqual(131_072);
    expect(sent.length).toBeGreaterThan(100_000);
    expect(sent.isWellFormed()).toBe(true);
    expect(stdout.endsWith(sent)).toBe(true);
    expect(body).toMatchObject({ status: 'failed', stderr: 'short' });
  });
});

describe('a result that is too large', () => {
  it.each([
    ['the service', refused(413, 'body_too_large')],
    ['its state', refused(413, 'state_too_large')],
    ['a proxy', page(413)],
  ])('for %s is kept with the end of its output', async (_, refusal) => {
    const world = openWorld();
    await world.create('job-1', 1);
    world.befallUpdate('completed', limited(10_000, refusal));
    const played: number[] = [];
    const worker = world.start({
      onSheet({ sheet }) {
        played.push(sheet);
        return { stdout: `${'x'.repeat(60_000)} end`, stderr: 'few words' };
      },
    });
    await world.timing.advance(MINUTE);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-completed', 'finished']);
    expect(played).toEqual([1]);
    expect(await world.load('job-1')).toMatchObject({
      status: 'completed',
      sheets: {
        '1': {
          stdout_tail: expect.stringMatching(/^\[cut: of 60004 characters .*x end$/s),
          stderr_tail: 'few words',
        },
      },
    });
  });

  it('also without output fails its sheet, and then its job, and is not repeated for ever', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    world.befallUpdate('completed', limited(10_000, refused(413, 'state_too_large')));
    const details = [{ passed: true, why: 'x'.repeat(20_000) }];
    const worker = world.start({ maxRetries: 2, onSheet: () => ({ validation_details: details }) });
    await world.timing.advance(HOUR);
    expect(worker.told('sheet-failed').map(({ error }) => error)).toMatchObject([
      { code: 'state_too_large' },
      { code: 'state_too_large' },
    ]);
    expect(worker.told('claimed')).toHaveLength(1);
    expect(await world.load('job-1')).toMatchObject({
      status: 'failed',
      error_message: expect.stringContaining('state_too_large'),
    });
  });

  it('in a job that cannot keep the failure either fails the job at once', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    for (const status of ['completed', 'failed']) {
      world.befallUpdate(status, refused(413, 'state_too_large'));
    }
    const worker = world.start({ onSheet: () => ({ stdout: 'short' }) });
    await world.timing.advance(HOUR);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-failed', 'finished']);
    expect(await world.load('job-1')).toMatchObject({ status: 'failed' });
  });
});

describe('an update that something on the way is against', () => {
  it('is given up after an hour of heartbeats that pass, and fails its sheet', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    world.befallUpdate('completed', page(403));
    const worker = world.start({ onSheet: stage.onSheet, maxRetries: 1 });
    await world.timing.advance(0);
    stage.last().finish({ stdout: '<script>' });
    await world.timing.advance(HOUR - MINUTE);
    expect(worker.story).toEqual(['claimed', 'sheet-started']);
    await world.timing.advance(2 * MINUTE);
    expect(worker.story).toEqual(['claimed', 'sheet-started', 'sheet-failed', 'finished']);
    expect(worker.told('sheet-failed')[0]?.error.message).toContain('403 unexpected_answer');
    expect(await world.load('job-1')).toMatchObject({ status: 'failed' });
  });

  it('is not taken back where it was made, and only its answers were lost', async () => {
    const world = openWorld();
    const played: number[] = [];
    await world.create('job-1', 2);
    world.befallUpdate('completed', answerReplaced(page(403)));
    const worker = world.start({
      onSheet({ sheet }) {
        played.push(sheet);
        if (sheet === 2) world.mend();
      },
    });
    await world.timing.advance(HOUR + MINUTE);
    expect(played).toEqual([1, 2]);
    expect(worker.told('sheet-failed')).toEqual([]);
    expect(await world.load('job-1')).toMatchObject({ status: 'completed', total_retry_count: 0 });
  });

  it('gives its job back where no update passes', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    world.befall(/\/sheets\//, page(403));
    const worker = world.start();
    await world.timing.advance(2 * HOUR + MINUTE);
    expect(worker.story.slice(0, 4)).toEqual(['claimed', 'sheet-started', 'error', 'released']);
    expect(worker.told('error')[0]).toMatchObject({ during: 'run' });
  });
});

describe('an attempt that is over', () => {
  it('at the start is counted on from where the sheet is', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const attempts: number[] = [];
    const worker = world.start({
      async onSheet({ attempt, held: mine }) {
        attempts.push(attempt);
        if (attempt > 1) return;
        // The work makes updates of its own.
        await world.client.update({ ...mine, sheet: 1 }, { status: 'failed', attempt: 1 });
        await world.client.update({ ...mine, sheet: 1 }, { status: 'in_progress', attempt: 2 });
        throw new Error('out of paper');
      },
    });
    await world.timing.advance(MINUTE);
    expect(attempts).toEqual([1, 3]);
    expect(worker.story).toContain('finished');
    expect(await world.load('job-1')).toMatchObject({ sheets: { '1': { attempt_count: 3 } } });
  });

  it('is named by every update of a sheet', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const bodies: unknown[] = [];
    world.befall(/\/sheets\//, async (request, deliver) => {
      bodies.push(await request.clone().json());
      return deliver();
    });
    let failed = false;
    world.start({
      onSheet() {
        if (failed) return;
        failed = true;
        throw new Error('out of paper');
      },
    });
    await world.timing.advance(MINUTE);
    expect(bodies).toMatchObject([
      { status: 'failed', attempt: 1 },
      { status: 'in_progress', attempt: 2 },
      { status: 'completed', attempt: 2 },
    ]);
  });

  it('goes on from what an earlier holder had started', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    const { held: before } = await world.client.acquire('job-1', { holder: 'w-0' });
    await world.client.update({ ...before, sheet: 1 }, { status: 'in_progress', attempt: 1 });
    await world.client.release(before);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    expect(stage.last().context.attempt).toBe(2);
  });
});
