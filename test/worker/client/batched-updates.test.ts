import { describe, expect, it } from 'vitest';
import { createWatchedClient } from '../../../lib/worker/client/client.ts';
import type { Client, HeldLease, UpdateAnswer } from '../../../lib/worker.ts';
import { anUpdate } from '../bodies.ts';
import { type ManualTiming, manualTiming, turns } from '../manual-timing.ts';
import {
  json,
  lost,
  problem,
  type Reply,
  type ScriptedService,
  scriptedService,
} from '../scripted-service.ts';
import { openStage } from '../stage.ts';
import { openWorld } from '../world.ts';

const DONE = { status: 'completed', attempt: 1 } as const;
const BATCH = 'POST /v1/updates';

function held(number: number): HeldLease {
  return { jobId: `job-${number}`, epoch: 1, token: `token-${number}` };
}

interface Setup {
  readonly client: Client;
  readonly service: ScriptedService;
  readonly timing: ManualTiming;
  /** Updates sheet 1 of so many jobs at once. */
  readonly updateAll: (count: number) => Promise<PromiseSettledResult<UpdateAnswer>[]>;
}

function setup(...replies: readonly Reply[]): Setup {
  const timing = manualTiming({ settle: turns });
  const service = scriptedService(...replies);
  const client = createWatchedClient(
    { url: 'http://service.test', fetch: service.fetch, timing, random: { fraction: () => 1 } },
    { onTry: () => undefined, isBatched: true },
  );
  return {
    client,
    service,
    timing,
    async updateAll(count) {
      const updates = Array.from({ length: count }, (_, index) =>
        client.update({ ...held(index + 1), sheet: 1 }, DONE),
      );
      const settled = Promise.allSettled(updates);
      await timing.advance(30_000);
      return settled;
    },
  };
}

function anAnswer(number: number): Record<string, unknown> {
  return { ok: true, ...anUpdate({ job_id: `job-${number}` }) };
}

function aRefusal(status: number, code: string): Record<string, unknown> {
  return { ok: false, status, code, detail: `It is ${code}` };
}

function answered(...updates: readonly Record<string, unknown>[]): Reply {
  return json(200, { updates });
}

describe('updates of one moment', () => {
  it('go in one request, and each has its answer', async () => {
    const { service, updateAll } = setup(answered(anAnswer(1), anAnswer(2)));
    const settled = await updateAll(2);
    expect(settled).toMatchObject([{ value: { job_id: 'job-1' } }, { value: { job_id: 'job-2' } }]);
    expect(service.received.map(({ call, body }) => [call, body])).toEqual([
      [
        BATCH,
        {
          updates: [
            { token: 'token-1', sheet: 1, status: 'completed', attempt: 1 },
            { token: 'token-2', sheet: 1, status: 'completed', attempt: 1 },
          ],
        },
      ],
    ]);
  });

  it('go alone if there is only one', async () => {
    const { service, updateAll } = setup(json(200, anUpdate()));
    await updateAll(1);
    expect(service.calls).toEqual(['PUT /v1/jobs/job-1/sheets/1']);
  });

  it('go alone without a lease, and with a large output', async () => {
    const replies = [1, 2, 3].map(() => json(200, anUpdate()));
    const { client, service } = setup(...replies);
    const stdout = 'x'.repeat(20_000);
    await Promise.all([
      client.update({ jobId: 'job-1', sheet: 1 }, DONE),
      client.update({ ...held(2), sheet: 1 }, { ...DONE, stdout }),
      client.update({ ...held(3), sheet: 1 }, DONE),
    ]);
    expect(service.calls).not.toContain(BATCH);
  });

  it('may be refused one by one', async () => {
    const { updateAll } = setup(answered(anAnswer(1), aRefusal(409, 'lease_lost')));
    expect(await updateAll(2)).toMatchObject([
      { status: 'fulfilled' },
      { reason: { name: 'DalsegnoError', status: 409, code: 'lease_lost' } },
    ]);
  });

  it('are tried again alone if the store fails on one', async () => {
    const unavailable = aRefusal(503, 'store_unavailable');
    const { service, updateAll } = setup(
      answered(anAnswer(1), unavailable),
      json(200, anUpdate({ job_id: 'job-2' })),
    );
    expect(await updateAll(2)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    expect(service.calls).toEqual([BATCH, 'PUT /v1/jobs/job-2/sheets/1']);
  });

  it('are tried again alone if nothing was answered', async () => {
    const alone = [1, 2].map(() => json(200, anUpdate()));
    const { service, updateAll } = setup(lost(), ...alone);
    expect(await updateAll(2)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    expect(service.calls).toEqual([
      BATCH,
      'PUT /v1/jobs/job-1/sheets/1',
      'PUT /v1/jobs/job-2/sheets/1',
    ]);
  });

  it('are tried again alone if an answer is missing', async () => {
    const { service, updateAll } = setup(answered(anAnswer(1)), json(200, anUpdate()));
    expect(await updateAll(2)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    expect(service.calls).toEqual([BATCH, 'PUT /v1/jobs/job-2/sheets/1']);
  });

  it.each([
    [404, 'not_found'],
    [413, 'body_too_large'],
  ])(
    'go alone at once after a %i for all of them, and together a minute later',
    async (...answer) => {
      const alone = Array.from({ length: 4 }, () => json(200, anUpdate()));
      const { service, timing, updateAll } = setup(
        problem(...answer),
        ...alone,
        answered(anAnswer(1), anAnswer(2)),
      );
      await updateAll(2);
      await updateAll(2);
      await timing.advance(1000);
      await updateAll(2);
      expect(service.calls.map(call => call === BATCH)).toEqual([
        true,
        false,
        false,
        false,
        false,
        true,
      ]);
    },
  );

  it('go alone at once, with their whole output, if a proxy refuses the size of all together', async () => {
    const alone = [1, 2].map(number => json(200, anUpdate({ job_id: `job-${number}` })));
    const tooLarge: Reply = () => Promise.resolve(new Response('<p>Too large', { status: 413 }));
    const { service, updateAll } = setup(tooLarge, ...alone);
    expect(await updateAll(2)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    expect(service.calls).toEqual([
      BATCH,
      'PUT /v1/jobs/job-1/sheets/1',
      'PUT /v1/jobs/job-2/sheets/1',
    ]);
  });
});

describe('a worker', () => {
  it('sends the updates of several jobs together', async () => {
    const world = openWorld();
    for (const jobId of ['job-1', 'job-2', 'job-3']) await world.create(jobId, 3);
    const worker = world.start({ concurrency: 3, onSheet: () => ({ stdout: 'ok' }) });
    await world.timing.advance(0);
    expect(worker.told('finished')).toHaveLength(3);
    expect(worker.told('sheet-completed')).toHaveLength(9);
    expect(world.calls.filter(call => call === BATCH).length).toBeGreaterThan(0);
    expect(await world.load('job-3')).toMatchObject({
      status: 'completed',
      sheets: { '3': { attempt_count: 1, stdout_tail: 'ok' } },
    });
  });

  it('loses only the job whose lease is lost', async () => {
    const world = openWorld();
    const stage = openStage();
    for (const jobId of ['job-1', 'job-2']) await world.create(jobId, 1);
    const worker = world.start({ concurrency: 2, onSheet: stage.onSheet });
    await world.timing.advance(1000);
    await world.remove('job-1');
    for (const performance of stage.performances) performance.finish();
    await world.timing.advance(0);
    expect(worker.told('lost').map(({ jobId }) => jobId)).toEqual(['job-1']);
    expect(worker.told('finished').map(({ jobId }) => jobId)).toEqual(['job-2']);
  });
});
