import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquire } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { clientOf, createJob } from './client.ts';
import { controls, counts, resetControls } from './controlled-bucket.ts';
import { running } from './main.ts';

let lines: { readonly message: string; readonly request_id?: string }[] = [];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(JSON.parse(line)));
});
afterEach(resetControls);

/** How many objects a request starts. */
async function startedBy(ask: () => Promise<unknown>): Promise<number> {
  const before = running.length;
  await ask();
  return running.length - before;
}

describe('a request that names one job', () => {
  it('is answered by the object of the job, which stays for the next one', async () => {
    const { client, path } = await createJob();
    expect(await startedBy(() => client.ask('GET', path))).toBe(1);
    expect(await startedBy(() => client.ask('GET', `${path}/next-sheet`))).toBe(0);
    expect(await startedBy(() => client.ask('POST', `${path}/pause`))).toBe(0);
  });

  it('is logged once, with the id that its answer has', async () => {
    const { client, path } = await createJob();
    lines = [];
    const headers = { 'X-Request-Id': 'given-1' };
    const given = await client.ask('GET', path, { headers });
    const made = await client.ask('GET', `${path}/why`);
    expect(given.header('x-request-id')).toBe('given-1');
    expect(lines.map(({ request_id: id }) => id)).toEqual(['given-1', made.header('x-request-id')]);
  });

  it('goes to one object for all ids that share a file name', async () => {
    const { client } = await createJob();
    const ask = (jobId: string) => client.ask('GET', `/v1/jobs/${encodeURIComponent(jobId)}`);
    await client.ask('POST', '/v1/jobs', { json: aState({ job_id: 'a/b' }) });
    expect(await startedBy(() => ask('a/b'))).toBe(1);
    expect(await startedBy(() => ask('a_b'))).toBe(0);
    expect(await ask('a:b')).toMatchObject(aProblem({ status: 409, code: 'job_id_collision' }));
  });
});

describe('the Worker itself answers', () => {
  it('lists, creates, claims, heartbeats, statistics and batches', async () => {
    const { client, path } = await createJob();
    const held = await acquire(client, { path });
    const started = await startedBy(async () => {
      const answers = await Promise.all([
        client.ask('GET', '/v1/jobs'),
        client.ask('POST', '/v1/claims', { json: { holder: 'w' } }),
        client.ask('PUT', `${path}/lease`, { headers: held.headers }),
        client.ask('POST', '/v1/heartbeats', { json: { beats: [{ token: held.token }] } }),
        client.ask('GET', '/v1/stats'),
      ]);
      expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
    });
    expect(started).toBe(0);
  });

  it('requests that it refuses, so that they start no object', async () => {
    const client = clientOf();
    const unknown = { Authorization: 'Bearer dsa_unknown' };
    const started = await startedBy(async () => {
      const answers = await Promise.all([
        client.ask('GET', '/v1/jobs/never-1', { headers: unknown }),
        client.ask('GET', '/v1/jobs/never-2?oops=1'),
        client.ask('PATCH', '/v1/jobs/never-3'),
        client.ask('GET', '/v1/jobs/never-4/nothing'),
        client.ask('GET', '/v1/jobs/%ff'),
        client.ask('OPTIONS', '/v1/jobs/never-5'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([401, 422, 405, 404, 422, 405]);
    });
    expect(started).toBe(0);
  });

  it('/readyz, which names the deployment', async () => {
    const { json } = await clientOf().ask('GET', '/readyz');
    expect(json).toMatchObject({ status: 'ready', store: 'r2', deployment: 'job-objects' });
    expect(json).toHaveProperty('bindings', ['JOB_OBJECTS']);
  });
});

describe('a body that is passed on', () => {
  it('is refused above the limit without being read to its end', async () => {
    const { client, path } = await createJob();
    let sent = 0;
    const chunk = new Uint8Array(1 << 20).fill(0x20);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(chunk);
        if (sent === 30) controller.close();
      },
    });
    const refused = await client.ask('PUT', path, { body, headers: { 'If-Match': '*' } });
    expect(refused).toMatchObject(aProblem({ status: 413, code: 'body_too_large' }));
    expect(sent).toBeLessThan(20);
  });

  it('arrives whole, in many parts', async () => {
    const { client, path } = await createJob();
    const text = JSON.stringify({
      ...aState(),
      job_id: path.split('/').at(-1),
      job_name: 'é'.repeat(99_000),
    });
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 10_001) {
          controller.enqueue(bytes.slice(at, at + 10_001));
        }
        controller.close();
      },
    });
    const saved = await client.ask('PUT', path, { body, headers: { 'If-Match': '*' } });
    expect(saved.json).toMatchObject({ job_name: 'é'.repeat(99_000) });
  });
});

describe('updates of one job', () => {
  it('meet no refusal for their rate on a bucket that takes one write a second', async () => {
    const { client, path } = await createJob(80);
    resetControls();
    controls.everyMs = 1_000;
    const updated = (sheets: readonly number[]) =>
      Promise.all(sheets.map(sheet => client.ask('PUT', `${path}/sheets/${sheet}`, COMPLETED)));
    const answers = [...(await updated(numbers(1, 40))), ...(await updated(numbers(41, 80)))];
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(counts.refused).toBe(0);
    expect(counts.puts).toBeLessThanOrEqual(4);
  });
});

const COMPLETED = { json: { status: 'completed' } };

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
