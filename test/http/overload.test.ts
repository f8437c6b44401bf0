import { describe, expect, it } from 'vitest';
import { createIntake, type Intake } from '../../functions/http/intake.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { acquire, JOB, LEASE } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const KB = 1024;
const OVERLOADED = aProblem({ status: 503, code: 'overloaded' });

/** A body that arrives when the test says so. */
interface SlowBody {
  readonly stream: ReadableStream<Uint8Array>;
  send(text: string): void;
  end(): void;
  breakOff(): void;
  /** Settles when the service has begun to read. */
  readonly asked: Promise<void>;
  readonly isCancelled: () => boolean;
}

function slowBody(): SlowBody {
  const encoder = new TextEncoder();
  const asked = Promise.withResolvers<void>();
  let cancelled = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      pull: () => asked.resolve(),
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    send: text => controller?.enqueue(encoder.encode(text)),
    end: () => controller?.close(),
    breakOff: () => controller?.error(new Error('The connection is gone')),
    asked: asked.promise,
    isCancelled: () => cancelled,
  };
}

/** Begins a create whose body is on its way. */
async function begin(
  app: AppClient,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ body: SlowBody; answer: Promise<Answer> }> {
  const body = slowBody();
  const answer = app.ask('POST', '/v1/jobs', { body: body.stream, headers });
  await body.asked;
  return { body, answer };
}

function finish({ body, answer }: { body: SlowBody; answer: Promise<Answer> }, jobId: string) {
  body.send(JSON.stringify(aState({ job_id: jobId })));
  body.end();
  return answer;
}

function manualIntake(limits: { requests: number; bytes: number }): Intake & { fire(): void } {
  const calls = new Set<() => void>();
  const intake = createIntake(limits, (_milliseconds, call) => {
    calls.add(call);
    return () => calls.delete(call);
  });
  return {
    ...intake,
    fire() {
      for (const call of calls) call();
    },
  };
}

describe('requests in flight', () => {
  it('beyond the limit are a 503 with Retry-After, and health is always answered', async () => {
    const app = openApp({ intake: createIntake({ requests: 1, bytes: 1000 * KB }) });
    const first = await begin(app);
    const refused = await app.ask('GET', JOB);
    expect(refused).toMatchObject(OVERLOADED);
    expect(Number(refused.header('retry-after'))).toBeGreaterThan(0);
    expect((await app.ask('GET', '/healthz')).status).toBe(200);
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
    expect((await finish(first, 'job-1')).status).toBe(201);
    expect((await app.ask('GET', JOB)).status).toBe(200);
  });

  it('leave the last places to heartbeats', async () => {
    const app = openApp({ intake: createIntake({ requests: 3, bytes: 1000 * KB }) });
    await app.create();
    const { headers, token } = await acquire(app);
    const others = [await begin(app), await begin(app)];
    expect(await app.ask('GET', JOB)).toMatchObject(OVERLOADED);
    expect((await app.ask('PUT', LEASE, { json: {}, headers })).status).toBe(200);
    const beats = { beats: [{ token }] };
    expect((await app.ask('POST', '/v1/heartbeats', { json: beats })).status).toBe(200);
    const done = await Promise.all(others.map((other, index) => finish(other, `other-${index}`)));
    expect(done.map(({ status }) => status)).toEqual([201, 201]);
  });

  it('give their places back however they end', async () => {
    const app = openApp({ intake: createIntake({ requests: 1, bytes: 1000 * KB }) });
    const broken = await begin(app);
    broken.body.breakOff();
    expect((await broken.answer).status).toBe(400);
    expect((await app.ask('GET', '/nowhere')).status).toBe(404);
    expect((await app.ask('PATCH', JOB)).status).toBe(405);
    expect((await app.ask('POST', '/v1/jobs', { body: '{' })).status).toBe(400);
    expect((await app.ask('GET', JOB)).status).toBe(404);
  });
});

describe('bytes in flight', () => {
  it('are counted before a body is read where its length is declared', async () => {
    const app = openApp({ intake: createIntake({ requests: 9, bytes: 1000 * KB }) });
    const first = await begin(app, { 'Content-Length': String(700 * KB) });
    const second = slowBody();
    const headers = { 'Content-Length': String(700 * KB) };
    const refused = await app.ask('POST', '/v1/jobs', { body: second.stream, headers });
    expect(refused).toMatchObject(OVERLOADED);
    expect(refused.header('retry-after')).toBe('1');
    expect((await finish(first, 'job-1')).status).toBe(201);
    const third = await begin(app, headers);
    expect((await finish(third, 'job-2')).status).toBe(201);
  });

  it('are counted as they arrive where it is not', async () => {
    const app = openApp({ intake: createIntake({ requests: 9, bytes: 1000 * KB }) });
    const first = await begin(app);
    first.body.send(' '.repeat(600 * KB));
    const second = await begin(app);
    second.body.send(' '.repeat(600 * KB));
    expect(await second.answer).toMatchObject(OVERLOADED);
    expect(second.body.isCancelled()).toBe(true);
    expect((await finish(first, 'job-1')).status).toBe(201);
  });

  it('leave room for small bodies', async () => {
    const app = openApp({ intake: createIntake({ requests: 9, bytes: 8000 * KB }) });
    await app.create();
    const { headers } = await acquire(app);
    const large = await begin(app, { 'Content-Length': String(7000 * KB) });
    const more = { 'Content-Length': String(900 * KB) };
    const refused = await app.ask('POST', '/v1/jobs', { body: slowBody().stream, headers: more });
    expect(refused).toMatchObject(OVERLOADED);
    const json = { progress: 'x' };
    expect((await app.ask('PUT', LEASE, { json, headers })).status).toBe(200);
    expect((await finish(large, 'job-2')).status).toBe(201);
  });

  it('do not keep out a body that comes alone, however large', async () => {
    const app = openApp({ intake: createIntake({ requests: 9, bytes: 10 * KB }) });
    const json = aState({ error_message: 'x'.repeat(500 * KB) });
    expect((await app.ask('POST', '/v1/jobs', { json })).status).toBe(201);
  });
});

describe('a body that does not arrive', () => {
  it.each([
    ['of a declared length', { 'Content-Length': '1000' }],
    ['of no declared length', {}],
  ])('%s is waited for so long, and its room is free again', async (_, headers) => {
    const intake = manualIntake({ requests: 1, bytes: 1000 * KB });
    const app = openApp({ intake });
    const first = await begin(app, headers);
    first.body.send('{');
    intake.fire();
    const answer = await first.answer;
    expect(answer).toMatchObject(aProblem({ status: 408, code: 'body_too_slow' }));
    expect(answer.header('connection')).toBe('close');
    expect((await app.ask('GET', JOB)).status).toBe(404);
  });
});
