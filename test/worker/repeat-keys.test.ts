import { describe, expect, it } from 'vitest';
import type { Client, KeyedCallOptions } from '../../lib/worker.ts';
import { createClient } from '../../lib/worker.ts';
import { aGrant, aJob } from './bodies.ts';
import { manualTiming, turns } from './manual-timing.ts';
import { answerLost, requestLost } from './mishap.ts';
import {
  json,
  lost,
  noContent,
  problem,
  type Reply,
  type ScriptedService,
  scriptedService,
} from './scripted-service.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

const CLAIM = /^POST \/v1\/claims$/;

const NEW_JOB = { job_id: 'job-1', job_name: 'A job', total_sheets: 3 };

/** The calls that the service knows again, and what each is answered. */
const calls: readonly [
  string,
  (client: Client, options?: KeyedCallOptions) => Promise<unknown>,
  Reply,
][] = [
  ['create()', (client, options) => client.create(NEW_JOB, options), json(201, aJob())],
  [
    'acquire()',
    (client, options) => client.acquire('job-1', { holder: 'w-1' }, options),
    json(201, aGrant()),
  ],
  ['claim()', (client, options) => client.claim({ holder: 'w-1' }, options), json(201, aGrant())],
];

interface Setup {
  readonly client: Client;
  readonly service: ScriptedService;
  readonly outcome: <T>(call: Promise<T>) => Promise<T>;
  /** The keys and attempts that were sent, in order. */
  readonly sent: () => [string | null, string | null][];
}

function setup(...replies: readonly Reply[]): Setup {
  const timing = manualTiming({ settle: turns });
  const service = scriptedService(...replies);
  const client = createClient({ url: 'http://service.test', fetch: service.fetch, timing });
  return {
    client,
    service,
    async outcome(call) {
      call.catch(() => undefined);
      await timing.advance(120_000);
      return call;
    },
    sent: () =>
      service.received.map(({ headers }) => [
        headers.get('Idempotency-Key'),
        headers.get('Idempotency-Attempt'),
      ]),
  };
}

describe.each(calls)('%s', (_, call, answer) => {
  it('sends a key that nobody guesses, and another one with the next call', async () => {
    const { client, sent } = setup(answer, answer);
    await call(client);
    await call(client);
    const [[first, attempt], [second]] = sent() as [[string, null], [string, null]];
    expect(first).toMatch(/^[\w-]{22,128}$/);
    expect(second).not.toBe(first);
    expect(attempt).toBeNull();
  });

  it('keeps its key over its repeats, and counts them', async () => {
    const { client, sent, outcome } = setup(lost(), problem(502, 'internal'), lost(), answer);
    await outcome(call(client));
    const keys = sent().map(([key]) => key);
    expect(new Set(keys).size).toBe(1);
    expect(sent().map(([, attempt]) => attempt)).toEqual([null, '2', '3', '4']);
  });

  it('takes a key of the caller, and how often it was sent before', async () => {
    const { client, sent, outcome } = setup(lost(), answer);
    await outcome(call(client, { idempotencyKey: 'mine', idempotencyAttempt: 7 }));
    expect(sent()).toEqual([
      ['mine', '7'],
      ['mine', '8'],
    ]);
  });

  it('throws where the key was used for something else', async () => {
    const { client, service, outcome } = setup(problem(422, 'idempotency_key_reused'));
    await expect(outcome(call(client))).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(service.calls).toHaveLength(1);
  });
});

it('other calls send no key', async () => {
  const { client, sent } = setup(json(200, aJob()), noContent());
  await client.load('job-1');
  await client.release({ jobId: 'job-1', epoch: 1, token: 'token-1' });
  expect(sent()).toEqual([
    [null, null],
    [null, null],
  ]);
});

describe('a worker whose claims are not answered', () => {
  it('gets what the first of them was granted, and leaves no job to nobody', async () => {
    const world = openWorld();
    for (const jobId of ['job-1', 'job-2']) await world.create(jobId);
    const stage = openStage();
    world.befall(CLAIM, answerLost, 9);
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(40_000);
    expect(worker.told('error').map(({ during }) => during)).toEqual(['claim']);
    expect(worker.told('claimed')).toMatchObject([{ jobId: 'job-1', epoch: 1 }]);
    expect(await world.load('job-2')).toMatchObject({ status: 'pending' });
  });

  it('asks with a new key once a lease of the old one must have ended', async () => {
    const world = openWorld();
    const keys = new Set<string | null>();
    world.befall(CLAIM, (request, deliver) => {
      keys.add(request.headers.get('Idempotency-Key'));
      return requestLost(request, deliver);
    });
    world.start({ ttlSeconds: 60 });
    await world.timing.advance(59_000);
    expect(keys.size).toBe(1);
    await world.timing.advance(20_000);
    expect(keys.size).toBe(2);
  });

  it('asks with a new key after an answer', async () => {
    const world = openWorld();
    const keys: unknown[] = [];
    world.befall(CLAIM, (request, deliver) => {
      keys.push(request.headers.get('Idempotency-Key'));
      return deliver();
    });
    world.start({ pollSeconds: 5 });
    await world.timing.advance(20_000);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(3);
  });

  it('and that is stopped learns what it was granted, and gives it back', async () => {
    const world = openWorld();
    await world.create('job-1');
    world.befall(CLAIM, answerLost, 2);
    const worker = world.start();
    await world.timing.advance(0);
    worker.stop();
    await world.timing.advance(10_000);
    await worker.done;
    expect(worker.story).toEqual(['stopping', 'claimed', 'released', 'stopped']);
    expect(await world.load('job-1')).toMatchObject({
      status: 'paused',
      dalsegno: { lease: null },
    });
  });
});
