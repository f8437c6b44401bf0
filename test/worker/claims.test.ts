import { describe, expect, it } from 'vitest';
import {
  answerLost,
  answerNeverArrives,
  type Mishap,
  olderService,
  page,
  refused,
} from './mishap.ts';
import { openStage } from './stage.ts';
import { openWorld, type World } from './world.ts';

const CLAIM = /^POST \/v1\/claims$/;
const MINUTE = 60_000;

interface SeenClaim {
  readonly body: Readonly<Record<string, unknown>>;
  /** The idempotency key and the attempt. */
  readonly key: string;
}

/** From now on, all claims. The first one that waits at the service meets with the mishap. */
function watchClaims(world: World, firstWait?: Mishap): readonly SeenClaim[] {
  const claims: SeenClaim[] = [];
  let waits = 0;
  world.befall(CLAIM, async (request, deliver) => {
    const body = (await request.clone().json()) as Record<string, unknown>;
    const attempt = request.headers.get('Idempotency-Attempt') ?? '1';
    claims.push({ body, key: `${request.headers.get('Idempotency-Key')} ${attempt}` });
    if (body['wait_seconds'] !== undefined) waits += 1;
    const isFirst = waits === 1 && body['wait_seconds'] !== undefined;
    return isFirst && firstWait !== undefined ? firstWait(request, deliver) : deliver();
  });
  return claims;
}

/** Lets everything run until this holds. What wakes a waiting claim in the service is not under way for the world. */
async function runUntil(world: World, isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await world.timing.advance(0);
}

async function createJobs(world: World, count: number, sheets = 1): Promise<void> {
  for (let job = 1; job <= count; job += 1) await world.create(`job-${job}`, sheets);
}

describe('a worker with free slots', () => {
  it('claims jobs for all of them at once', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 3);
    const claims = watchClaims(world);
    const worker = world.start({ concurrency: 3, onSheet: stage.onSheet });
    await world.timing.advance(0);
    expect(claims.map(({ body }) => body['max'])).toEqual([3]);
    expect(worker.told('claimed')).toHaveLength(3);
    expect(stage.performances).toHaveLength(3);
  });

  it('claims more as soon as one is free', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 3);
    world.start({ concurrency: 2, onSheet: stage.onSheet });
    await world.timing.advance(0);
    expect(stage.performances.map(({ context }) => context.jobId)).toEqual(['job-1', 'job-2']);
    stage.performances[1]?.finish();
    await world.timing.advance(0);
    expect(stage.last().context.jobId).toBe('job-3');
  });

  it('claims one job after the other at an older service', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 3);
    world.befall(CLAIM, olderService);
    const worker = world.start({ concurrency: 3, onSheet: stage.onSheet });
    await world.timing.advance(0);
    expect(stage.performances).toHaveLength(3);
    expect(worker.told('error')).toEqual([]);
  });
});

describe('a worker for which no job waits', () => {
  it('tells so, and waits at the service', async () => {
    const world = openWorld({ waits: true });
    const claims = watchClaims(world);
    const worker = world.start();
    await world.timing.advance(19_000);
    expect(worker.told('idle')).toEqual([{ type: 'idle', waitMs: 20_000 }]);
    expect(claims.map(({ body }) => body['wait_seconds'])).toEqual([undefined, 20]);
    await world.create('job-1', 1);
    await runUntil(world, () => worker.story.includes('finished'));
  });

  it('waits again after a wait without a job', async () => {
    const world = openWorld({ waits: true });
    const claims = watchClaims(world);
    world.start();
    await world.timing.advance(MINUTE - 1);
    const waits = claims.slice(1).map(({ body }) => body['wait_seconds']);
    expect(waits).toEqual([20, 20, 20]);
  });

  it('asks again after a pause if the service does not wait', async () => {
    const world = openWorld();
    const worker = world.start({ pollSeconds: 5 });
    await world.timing.advance(0);
    await world.create('job-1');
    await world.timing.advance(4999);
    expect(worker.story).toEqual([]);
    await world.timing.advance(1);
    expect(worker.story).toContain('finished');
    expect(worker.told('idle').at(-1)).toEqual({ type: 'idle', waitMs: 5000 });
  });

  it('asks an older service again after a pause', async () => {
    const world = openWorld();
    world.befall(CLAIM, olderService);
    const worker = world.start({ pollSeconds: 5 });
    await world.timing.advance(MINUTE);
    expect(worker.told('idle').length).toBeGreaterThan(10);
    expect(worker.told('error')).toEqual([]);
  });
});

describe('a worker whose wait is cut off', () => {
  it('asks once more without a wait and by the same key, and waits for less time', async () => {
    const world = openWorld({ waits: true });
    const claims = watchClaims(world, page(504));
    const worker = world.start();
    await world.timing.advance(5 * MINUTE);
    const waits = claims.map(({ body }) => body['wait_seconds']);
    expect(waits.slice(0, 6)).toEqual([undefined, 20, undefined, 10, 11, 12]);
    expect(claims[2]?.key).toBe(claims[1]?.key.replace(/1$/, '2'));
    expect(worker.told('error')).toEqual([]);
    expect(worker.told('unreachable')).toEqual([]);
  });

  it('gets the job that the wait was granted', async () => {
    const world = openWorld({ waits: true });
    watchClaims(world, answerLost);
    const worker = world.start();
    await world.timing.advance(1000);
    await createJobs(world, 1);
    await runUntil(world, async () => (await world.load('job-1')).status !== 'pending');
    await world.create('job-2', 1);
    await world.timing.advance(1000);
    expect(worker.told('claimed').map(({ jobId, epoch }) => [jobId, epoch])).toEqual([
      ['job-1', 1],
      ['job-2', 1],
    ]);
  });

  it('gets it by the same key as long as its lease lasts, which begins after the wait', async () => {
    const world = openWorld({ waits: true });
    let asked = 0;
    // The answer after the wait is lost, and the claim after it is not answered either.
    world.befall(CLAIM, (request, deliver) => {
      asked += 1;
      if (asked === 2) return answerLost(request, deliver);
      return asked === 3 ? page(502)(request, deliver) : deliver();
    });
    const worker = world.start({ ttlSeconds: 5, retries: 0, pollSeconds: 1 });
    await world.timing.advance(15_000);
    await createJobs(world, 1);
    await runUntil(world, () => asked === 3);
    await world.timing.advance(1000);
    expect(worker.told('claimed')).toMatchObject([{ jobId: 'job-1', epoch: 1 }]);
  });

  it('by its stop ends at once, and gives back the job that the wait was granted', async () => {
    const world = openWorld({ waits: true });
    watchClaims(world, answerNeverArrives);
    const worker = world.start();
    await world.timing.advance(1000);
    await createJobs(world, 1);
    await runUntil(world, async () => (await world.load('job-1')).status === 'running');
    worker.stop();
    await world.timing.advance(0);
    await worker.done;
    expect(worker.story).toEqual(['stopping', 'claimed', 'released', 'stopped']);
    expect(await world.load('job-1')).toMatchObject({ status: 'paused' });
  });

  it('by its stop ends at once without a job', async () => {
    const world = openWorld({ waits: true });
    const worker = world.start();
    await world.timing.advance(1000);
    worker.stop();
    await world.timing.advance(0);
    await worker.done;
    expect(worker.story).toEqual(['stopping', 'stopped']);
    expect(world.timing.pending()).toBe(0);
  });
});

describe('a worker that sends the last update of its job', () => {
  it('claims the next job at the same time', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 2);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    const before = world.calls.length;
    // The update is answered after a second, and nothing waits for it.
    world.befallUpdate('completed', async (_request, deliver) => {
      await new Promise<void>(resolve => void world.timing.after(1000, resolve));
      return deliver();
    });
    stage.last().finish();
    await world.timing.advance(0);
    expect(world.calls.slice(before)).toContain('POST /v1/claims');
    expect(stage.performances).toHaveLength(1);
    await world.timing.advance(1000);
    expect(stage.last().context).toMatchObject({ jobId: 'job-2', attempt: 1 });
  });

  it('does not do so before the last sheet', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 2, 2);
    world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    const claims = watchClaims(world);
    stage.last().finish();
    await world.timing.advance(0);
    expect(claims).toEqual([]);
  });

  it('gives the next job back if the update is not answered, and claims no other', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 2);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    world.befall(/job-1\/sheets/, page(502));
    const claims = watchClaims(world);
    stage.last().finish();
    await world.timing.advance(MINUTE);
    expect(worker.told('released').map(({ jobId }) => jobId)).toEqual(['job-2']);
    expect(claims).toHaveLength(1);
    world.mend();
    await world.timing.advance(MINUTE);
    expect(worker.told('finished').map(({ jobId }) => jobId)).toEqual(['job-1']);
    expect(stage.last().context.jobId).toBe('job-2');
  });

  it('gives the next job back if the sheet must run again', async () => {
    const world = openWorld();
    const stage = openStage();
    await createJobs(world, 2);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    world.befallUpdate('completed', refused(413, 'body_too_large'), 1);
    stage.last().finish();
    await world.timing.advance(5000);
    expect(worker.told('released').map(({ jobId }) => jobId)).toEqual(['job-2']);
    expect(stage.last().context).toMatchObject({ jobId: 'job-1', attempt: 2 });
    stage.last().finish();
    await world.timing.advance(MINUTE);
    expect(stage.last().context.jobId).toBe('job-2');
  });

  it('tells that no job waits after the end of the job', async () => {
    const world = openWorld();
    await createJobs(world, 1);
    const worker = world.start();
    await world.timing.advance(0);
    const types = worker.events.map(({ type }) => type);
    expect(types.slice(0, 5)).toEqual([
      'claimed',
      'sheet-started',
      'sheet-completed',
      'finished',
      'idle',
    ]);
  });

  it('never runs more sheets at the same time than it is told to', async () => {
    const world = openWorld();
    await createJobs(world, 12, 2);
    let running = 0;
    let most = 0;
    const worker = world.start({
      concurrency: 3,
      async onSheet({ jobId, sheet }) {
        running += 1;
        most = Math.max(most, running);
        const milliseconds = 10 * ((jobId.length + sheet) % 3) + 1;
        await new Promise<void>(resolve => void world.timing.after(milliseconds, resolve));
        running -= 1;
      },
    });
    await world.timing.advance(MINUTE);
    expect(worker.told('finished')).toHaveLength(12);
    expect(most).toBe(3);
  });
});
