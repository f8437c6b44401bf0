import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createTestService,
  type TestService,
  type TestServiceOptions,
} from '../../functions/testing.ts';
import {
  createClient,
  createJob,
  runWorker,
  type WorkerEvent,
  type WorkerOptions,
} from '../../lib/worker.ts';
import { settled } from '../support/settling/under-way.ts';

const JOB = { job_id: 'job-1', job_name: 'Nightly import', total_sheets: 2 };

async function open(options?: TestServiceOptions): Promise<TestService> {
  const service = await createTestService(options);
  onTestFinished(() => service.close());
  return service;
}

/** Runs a worker until its first job has ended. */
async function runOneJob(service: TestService, options: Partial<WorkerOptions> = {}) {
  const enough = new AbortController();
  const events: WorkerEvent[] = [];
  await runWorker({
    url: service.url,
    holder: 'w-1',
    handleSignals: false,
    signal: enough.signal,
    onSheet: () => undefined,
    onEvent(event) {
      events.push(event);
      if (event.type === 'finished') enough.abort();
    },
    ...options,
  });
  return events;
}

describe('createTestService()', () => {
  it('serves a worker and a producer over its url', async () => {
    const service = await open();
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await createJob({ url: service.url, ...JOB, input: { rows: 3 } });
    const inputs: unknown[] = [];
    await runOneJob(service, {
      onSheet({ input, sheet }) {
        inputs.push(input);
        return { stdout: `sheet ${sheet}` };
      },
    });
    expect(inputs).toEqual([{ rows: 3 }, { rows: 3 }]);
    expect(await service.jobs()).toMatchObject([
      { ...JOB, status: 'completed', sheets: { '2': { stdout_tail: 'sheet 2' } } },
    ]);
  });

  it('serves them without a network', async () => {
    const { fetch, ...service } = await open({ listen: false });
    await createJob({ url: service.url, fetch, ...JOB });
    await runOneJob({ fetch, ...service }, { fetch });
    expect(await service.job('job-1')).toMatchObject({ status: 'completed' });
  });

  it('has no jobs that another one has', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    await one.client.create(JOB);
    expect(await other.jobs()).toEqual([]);
    expect(await other.job('job-1')).toBeNull();
  });

  it('shows any number of jobs', async () => {
    const { client, jobs } = await open({ listen: false });
    for (let n = 0; n < 60; n += 1) await client.create({ ...JOB, job_id: `job-${n}` });
    expect(new Set((await jobs()).map(({ job_id }) => job_id)).size).toBe(60);
  });

  it('wakes a claim that waits, as soon as there is a job', async () => {
    const { client } = await open();
    const claiming = client.claim({ holder: 'w-1', waitSeconds: 20 });
    await client.create(JOB);
    expect((await claiming)?.lease).toMatchObject({ job_id: 'job-1', holder: 'w-1' });
  });
});

describe('its clock', () => {
  it('begins where it is told to, and stands still', async () => {
    const { client, now } = await open({ now: '2030-01-01T00:00:00Z', listen: false });
    expect(now()).toEqual(new Date('2030-01-01T00:00:00Z'));
    expect(await client.create(JOB)).toMatchObject({ created_at: '2030-01-01T00:00:00Z' });
    expect(now()).toEqual(new Date('2030-01-01T00:00:00Z'));
  });

  it('takes a job from a worker that has died, when its lease has ended', async () => {
    const { client, advance, job } = await open({ listen: false });
    await client.create(JOB);
    const grant = await client.claim({ holder: 'w-1', ttlSeconds: 60, startNext: true });
    await advance(59_999);
    expect(await job('job-1')).toMatchObject({ status: 'running' });
    await advance(1);
    expect(await job('job-1')).toMatchObject({ status: 'paused', dalsegno: { recoveries: 1 } });
    const next = await client.claim({ holder: 'w-2' });
    expect(next?.lease.epoch).toBe(2);
    await expect(client.renew(grant?.held ?? raise())).rejects.toMatchObject({
      code: 'lease_lost',
    });
  });

  it('leaves the job to a worker that renews its lease', async () => {
    const { client, advance, job } = await open({ listen: false });
    await client.create(JOB);
    const grant = await client.claim({ holder: 'w-1', ttlSeconds: 60 });
    for (let minute = 0; minute < 5; minute += 1) {
      await advance(50_000);
      await client.renew(grant?.held ?? raise());
    }
    expect(await job('job-1')).toMatchObject({ status: 'running', dalsegno: { epoch: 1 } });
  });

  it('answers a claim that waits when its time is over, without waiting', async () => {
    const { advance, fetch } = await open({ listen: false });
    const body = JSON.stringify({ holder: 'w-1', wait_seconds: 30 });
    const headers = { 'Content-Type': 'application/json' };
    const url = 'http://localhost/v1/claims';
    const waiting = fetch(new Request(url, { method: 'POST', headers, body }));
    const answered = waiting.then(({ status }) => status);
    let times = 0;
    // However late it begins, it does not wait for the seconds of the test: these would be hundreds of times.
    const elapse = async () => {
      times += 1;
      await advance(10_000);
      return Promise.race([answered, settled().then(() => null)]);
    };
    await expect.poll(elapse, { timeout: 60_000 }).toBe(204);
    expect(times).toBeLessThan(100);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e18])(
    'does not advance by %d ms',
    async by => {
      const { advance } = await open({ listen: false });
      await expect(advance(by)).rejects.toThrow(RangeError);
    },
  );

  it.each(['soon', Number.NaN, 1e18])('does not begin at %s', async now => {
    await expect(createTestService({ now, listen: false })).rejects.toThrow(RangeError);
  });
});

describe('close()', () => {
  it('ends the waits and the server, and may be called again', async () => {
    const service = await createTestService();
    const client = createClient({ url: service.url, retries: 0 });
    const waiting = client
      .claim({ holder: 'w-1', waitSeconds: 20 })
      .catch((error: unknown) => error);
    await service.client.nextSheet('job-1');
    await service.close();
    await service.close();
    await waiting;
    await expect(client.load('job-1')).rejects.toMatchObject({ name: 'NoAnswerError' });
    await expect(service.fetch(new Request(`${service.url}/healthz`))).rejects.toThrow('closed');
  });

  it('is called at the end of a block with await using', async () => {
    let closed: TestService;
    {
      await using service = await createTestService();
      closed = service;
      expect(await service.jobs()).toEqual([]);
    }
    await expect(closed.fetch(new Request(closed.url))).rejects.toThrow('closed');
  });
});

function raise(): never {
  throw new Error('There is no lease');
}
