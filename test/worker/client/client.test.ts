import { describe, expect, it } from 'vitest';
import { createClient } from '../../../lib/worker.ts';
import { aGrant, aJob, aLease, anUpdate, aRenewal, held } from '../bodies.ts';
import { json, lost, noContent, problem, silence } from '../scripted-service.ts';
import { openWorld } from '../world.ts';
import { setup } from './setup.ts';

describe('a request', () => {
  it('goes to the job below the path of the service, whatever its id holds', async () => {
    const { client, service } = setup(json(200, { next_sheet: 2, exists: true, attempt: 0 }));
    const next = { next_sheet: 2, exists: true, attempt: 0 };
    expect(await client.nextSheet('a/b c?')).toEqual(next);
    expect(service.calls).toEqual(['GET /base/v1/jobs/a%2Fb%20c%3F/next-sheet']);
  });

  it('carries the tokens and its JSON', async () => {
    const { client, service } = setup(json(200, anUpdate()));
    await client.update({ ...held, sheet: 1 }, { status: 'completed', stdout: 'done' });
    const [request] = service.received;
    expect(request?.body).toEqual({ status: 'completed', stdout: 'done' });
    expect(request?.headers.get('Authorization')).toBe('Bearer secret');
    expect(request?.headers.get('Lease-Token')).toBe('token-1');
    expect(request?.headers.get('Content-Type')).toBe('application/json');
  });

  it('throws the problem it was answered with', async () => {
    const { client, outcome } = setup(problem(409, 'lease_held', { 'Retry-After': '7' }));
    await expect(outcome(client.acquire('job-1', { holder: 'w-1' }))).rejects.toMatchObject({
      name: 'DalsegnoError',
      status: 409,
      code: 'lease_held',
      detail: 'It is lease_held',
      retryAfterSeconds: 7,
      problem: { type: 'urn:dalsegno:problem:lease_held' },
    });
  });

  it('throws unexpected_answer for an error page that is no problem', async () => {
    const page = () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const { client, outcome } = setup(page);
    await expect(outcome(client.load('job-1', { retries: 0 }))).rejects.toMatchObject({
      status: 502,
      code: 'unexpected_answer',
      problem: null,
    });
  });

  it('throws unexpected_answer for a success that says something else', async () => {
    const { client, outcome } = setup(json(200, { jobs: [] }));
    await expect(outcome(client.load('job-1', { retries: 0 }))).rejects.toMatchObject({
      status: 200,
      code: 'unexpected_answer',
    });
  });

  it('throws NoAnswerError when no try is answered in its time', async () => {
    const replies = Array.from({ length: 6 }, () => silence());
    const { client, outcome, service } = setup(...replies);
    const error = { name: 'NoAnswerError', message: expect.stringContaining('it timed out') };
    await expect(outcome(client.load('job-1'))).rejects.toMatchObject(error);
    expect(service.calls).toHaveLength(6);
  });

  it('that cannot be sent throws without a try', async () => {
    const { client, service } = setup();
    const target = { jobId: 'job-1', sheet: 1, token: 'line\nbreak' };
    await expect(client.update(target, { status: 'in_progress' })).rejects.toThrow(TypeError);
    expect(service.calls).toEqual([]);
  });

  it('to what is no URL is refused at once', () => {
    expect(() => createClient({ url: 'service' })).toThrow('Cannot use "service"');
  });
});

describe('tries', () => {
  it('wait for as long as Retry-After says', async () => {
    const unavailable = problem(503, 'store_unavailable', { 'Retry-After': '30' });
    const { client, service, timing } = setup(unavailable, json(200, aJob()));
    const loading = client.load('job-1');
    await timing.advance(29_999);
    expect(service.calls).toHaveLength(1);
    await timing.advance(1000);
    expect(await loading).toMatchObject({ job_id: 'job-1' });
  });

  it('back off: each pause may be twice as long as the one before', async () => {
    const { client, service, timing } = setup(lost(), lost(), lost(), json(200, aJob()));
    const loading = client.load('job-1');
    const counts: number[] = [];
    for (const milliseconds of [249, 1, 499, 1, 999, 1]) {
      await timing.advance(milliseconds);
      counts.push(service.calls.length);
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4]);
    await loading;
  });

  it.each([
    [429, 'too_many_requests'],
    [503, 'overloaded'],
    [408, 'body_too_slow'],
  ])('follow a %d %s, also where a call may not be done twice', async (status, code) => {
    const { client, outcome } = setup(problem(status, code), json(201, aGrant()));
    const grant = await outcome(client.claim({ holder: 'w-1' }));
    expect(grant?.held).toEqual(held);
  });

  it.each([
    [400, 'malformed_json'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'job_not_found'],
    [409, 'lease_held'],
    [412, 'version_conflict'],
    [413, 'body_too_large'],
    [422, 'idempotency_key_reused'],
    [500, 'state_corrupt'],
    [501, 'leases_unsupported'],
  ])('do not follow a %i %s of the service', async (status, code) => {
    const { client, outcome, service } = setup(problem(status, code));
    await expect(outcome(client.load('job-1'))).rejects.toMatchObject({ status, code });
    expect(service.calls).toHaveLength(1);
  });

  it('end when the signal is aborted', async () => {
    const { client, service, timing } = setup(lost());
    const ended = new AbortController();
    const loading = client.load('job-1', { signal: ended.signal, retries: Infinity });
    loading.catch(() => undefined);
    await timing.advance(0);
    ended.abort();
    await expect(loading).rejects.toThrow('got no answer');
    expect(service.calls).toHaveLength(1);
  });
});

describe('claim()', () => {
  it('is null when no job waits', async () => {
    const { client, service } = setup(noContent());
    const ask = { holder: 'w-1', ttlSeconds: 30, jobName: 'Nightly' };
    expect(await client.claim(ask)).toBeNull();
    expect(service.received[0]?.body).toEqual({
      holder: 'w-1',
      ttl_seconds: 30,
      job_name: 'Nightly',
    });
  });

  it('counts the lease from when it was asked for, by the times of the service alone', async () => {
    const { client, timing } = setup(async () => {
      await timing.stall(400);
      return json(201, aGrant())(new Request('http://service.test'));
    });
    const sentAtMs = timing.elapsedMs();
    const grant = await client.claim({ holder: 'w-1' });
    expect(grant?.deadline.elapsedMs).toBe(sentAtMs + 59_500);
  });
});

describe('claim() of several jobs', () => {
  const ask = { holder: 'w-1', max: 20 };

  it('has a grant for each job, and counts each lease from when it was asked for', async () => {
    const { client, service, timing } = setup(json(201, { grants: [aGrant(), aGrant()] }));
    const sentAtMs = timing.elapsedMs();
    const grants = await client.claim(ask);
    expect(service.received[0]?.body).toEqual({ holder: 'w-1', max: 20 });
    expect(grants.map(grant => [grant.held, grant.deadline.elapsedMs])).toEqual([
      [held, sentAtMs + 59_500],
      [held, sentAtMs + 59_500],
    ]);
  });

  it('is empty when no job waits', async () => {
    const { client } = setup(noContent());
    expect(await client.claim(ask)).toEqual([]);
  });

  it('has a list also for a `max` of 1, which the service answers with one grant', async () => {
    const { client, service } = setup(json(201, aGrant()));
    expect(await client.claim({ holder: 'w-1', max: 1 })).toMatchObject([{ held }]);
    expect(service.received[0]?.body).toEqual({ holder: 'w-1' });
  });

  it('repeats a lost call with the same key', async () => {
    const { client, service, outcome } = setup(lost(), json(201, { grants: [aGrant()] }));
    expect(await outcome(client.claim(ask))).toHaveLength(1);
    const [first, second] = service.received.map(({ headers }) => headers);
    expect(second?.get('Idempotency-Key')).toBe(first?.get('Idempotency-Key'));
    expect(second?.get('Idempotency-Attempt')).toBe('2');
  });
});

describe('claim() that waits', () => {
  const ask = { holder: 'w-1', waitSeconds: 30 };

  it('has a timeout that is longer by the wait', async () => {
    const { client, service, timing } = setup(silence(), silence());
    const claiming = client.claim(ask, { retries: 1 });
    claiming.catch(() => undefined);
    await timing.advance(39_999);
    const before = service.calls.length;
    await timing.advance(41_000);
    await expect(claiming).rejects.toThrow('it timed out');
    expect([before, service.calls.length]).toEqual([1, 2]);
    expect(service.received[0]?.body).toEqual({ holder: 'w-1', wait_seconds: 30 });
  });

  it('counts the lease from when the service granted it', async () => {
    const { client, timing } = setup(async () => {
      await timing.stall(20_100);
      return json(201, { ...aGrant(), waited_ms: 20_000 })(new Request('http://service.test'));
    });
    const sentAtMs = timing.elapsedMs();
    const grant = await client.claim(ask);
    expect(grant?.deadline.elapsedMs).toBe(sentAtMs + 20_000 + 59_500);
  });

  it('does not count a lease from later than its answer', async () => {
    const { client, timing } = setup(json(201, { ...aGrant(), waited_ms: 20_000 }));
    const sentAtMs = timing.elapsedMs();
    const grant = await client.claim(ask);
    expect(grant?.deadline.elapsedMs).toBe(sentAtMs + 59_500);
  });

  it('ends at once when the signal is aborted', async () => {
    const { client, service, timing } = setup(silence());
    const stopping = new AbortController();
    const claiming = client.claim(ask, { signal: stopping.signal });
    claiming.catch(() => undefined);
    await timing.advance(1_000);
    stopping.abort();
    await expect(claiming).rejects.toThrow('it was aborted');
    expect([service.calls.length, timing.pending()]).toEqual([1, 0]);
  });
});

describe('renewAll()', () => {
  it('has an answer for every beat, in order', async () => {
    const beats = [
      { ok: true, ...aRenewal(), requested: 'pause' },
      { ok: false, code: 'lease_lost', detail: 'It is over', job_id: 'job-2' },
    ];
    const { client, service } = setup(json(200, { beats, server_time: '2026-03-04T05:06:37Z' }));
    const other = { jobId: 'job-2', epoch: 1, token: 'token-2' };
    const answers = await client.renewAll([{ held, progress: { done: 1 } }, { held: other }]);
    expect(answers).toMatchObject([
      { ok: true, requested: 'pause', deadline: { elapsedMs: 31_000 } },
      { ok: false, code: 'lease_lost' },
    ]);
    expect(service.received[0]?.body).toEqual({
      beats: [{ token: 'token-1', progress: { done: 1 } }, { token: 'token-2' }],
    });
  });
});

describe('updates()', () => {
  it('sends each with its token and its sheet, the outputs cut to their end', async () => {
    const answers = [
      { ok: true, ...anUpdate(), version: 'v-1', started: { sheet: 2, attempt: 1 } },
      { ok: false, status: 503, code: 'store_unavailable', detail: 'Try again' },
    ];
    const { client, service } = setup(json(200, { updates: answers }));
    const other = { jobId: 'job-2', epoch: 1, token: 'token-2' };
    const long = 'x'.repeat(200_000);
    const found = await client.updates([
      { held, sheet: 1, update: { status: 'completed', attempt: 1, start_next: true } },
      { held: other, sheet: 3, update: { status: 'failed', stderr: `${long}end` } },
    ]);
    expect(found).toEqual(answers);
    expect(service.calls).toEqual(['POST /base/v1/updates']);
    expect(service.received[0]?.body).toEqual({
      updates: [
        { token: 'token-1', sheet: 1, status: 'completed', attempt: 1, start_next: true },
        { token: 'token-2', sheet: 3, status: 'failed', stderr: `${long}end`.slice(-131_072) },
      ],
    });
  });

  it('rejects with the refusal of the whole request', async () => {
    const { client, outcome } = setup(problem(413, 'body_too_large'));
    const update = { status: 'skipped' } as const;
    const sending = client.updates([{ held, sheet: 1, update }]);
    await expect(outcome(sending)).rejects.toMatchObject({ code: 'body_too_large' });
  });
});

describe('renew()', () => {
  it('tells what is requested', async () => {
    const lease = aLease({ requested: 'cancel' });
    const answer = { ...aRenewal(), lease, requested: 'cancel' };
    const { client } = setup(json(200, answer));
    expect(await client.renew(held, { progress: 1 })).toMatchObject({ requested: 'cancel' });
  });
});

describe('against the service itself', () => {
  it('every call is understood', async () => {
    const { client } = openWorld();
    await client.create({ job_id: 'job-1', job_name: 'A job', total_sheets: 1 });
    const grant = await client.acquire('job-1', { holder: 'w-1' });
    expect(await client.why('job-1')).toMatchObject({ status: 'running', holder: 'w-1' });
    expect(await client.sweep()).toMatchObject({ examined: 1, recovered: 0, cursor: null });
    const request = { jobId: 'job-1', errorMessage: 'No more' };
    expect(await client.fail(request)).toMatchObject({ requested: 'fail' });
    expect(await client.resume({ jobId: 'job-1' })).toMatchObject({ requested: null });
    expect(await client.pause(grant.held)).toMatchObject({ status: 'paused' });
    expect(await client.nextSheet('job-1')).toMatchObject({ next_sheet: 1, exists: true });
    expect(await client.cancel({ jobId: 'job-1' })).toMatchObject({ status: 'cancelled' });
  });
});
