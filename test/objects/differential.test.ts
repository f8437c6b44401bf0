import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../support/random.ts';
import { aState } from '../support/state.ts';
import { clientOf } from './client.ts';
import { resetControls } from './controlled-bucket.ts';
import { running } from './main.ts';

const JOBS = 24;
const REQUESTS = 6;

beforeEach(() => {
  vi.spyOn(console, 'info').mockReturnValue();
});
afterEach(resetControls);

/** What a client remembers of a job. */
interface Known {
  readonly path: string;
  etag: string;
  token: string;
}

type Client = ReturnType<typeof clientOf>;
type Call = (client: Client, known: Known) => ReturnType<Client['ask']>;

const STATUSES = ['in_progress', 'completed', 'failed', 'skipped', 'oops'];
const UPDATE_HEADERS = ['none', 'token', 'etag', 'stale'] as const;

/** Every request that names a job, well and badly made. */
const CALLS: readonly ((random: () => number) => Call)[] = [
  () =>
    (client, { path }) =>
      client.ask('GET', path),
  () =>
    (client, { path }) =>
      client.ask('HEAD', path),
  () =>
    (client, { path, etag }) =>
      client.ask('GET', path, { headers: { 'If-None-Match': etag } }),
  () =>
    (client, { path }) =>
      client.ask('GET', `${path}/next-sheet`),
  () =>
    (client, { path }) =>
      client.ask('GET', `${path}/why`),
  () =>
    (client, { path }) =>
      client.ask('GET', `${path}?view=oops`),
  () =>
    (client, { path }) =>
      client.ask('POST', `${path}/lease`, { json: { holder: 'w-1' } }),
  () =>
    (client, { path }) =>
      client.ask('POST', `${path}/lease`, { json: { holder: 7 } }),
  () =>
    (client, { path, token }) =>
      client.ask('PUT', `${path}/lease`, { headers: { 'Lease-Token': token } }),
  () =>
    (client, { path, token }) =>
      client.ask('DELETE', `${path}/lease`, { headers: { 'Lease-Token': token } }),
  () =>
    (client, { path }) =>
      client.ask('DELETE', path),
  () =>
    (client, { path }) =>
      client.ask('POST', path),
  () =>
    (client, { path }) =>
      client.ask('OPTIONS', path),
  () =>
    (client, { path }) =>
      client.ask('PUT', path, { body: '{"job_id"', headers: ANY }),
  () =>
    (client, { path }) =>
      client.ask('PUT', path, { json: aState(), headers: ANY }),
  () =>
    (client, { path, etag }) =>
      client.ask('PUT', path, { json: stateOf(path), headers: { 'If-Match': etag } }),
  () =>
    (client, { path }) =>
      client.ask('PUT', path, { json: stateOf(path) }),
  ...['pause', 'resume', 'cancel', 'fail', 'complete'].map(
    (action): ((random: () => number) => Call) =>
      random => {
        const force = random() < 0.3 ? '?force=true' : '';
        return (client, { path }) => client.ask('POST', `${path}/${action}${force}`);
      },
  ),
  ...Array.from({ length: 8 }, () => updateCall),
];

const ANY = { 'If-Match': '*' };

function updateCall(random: () => number): Call {
  const status = STATUSES[Math.floor(random() * STATUSES.length)];
  const sheet = Math.floor(random() * 5);
  const kind = UPDATE_HEADERS[Math.floor(random() * UPDATE_HEADERS.length)] ?? 'none';
  return (client, { path, token, etag }) => {
    const headers = {
      none: {},
      token: { 'Lease-Token': token },
      etag: { 'If-Match': etag },
      stale: { 'If-Match': '"0123"' },
    }[kind];
    return client.ask('PUT', `${path}/sheets/${sheet}`, { json: { status }, headers });
  };
}

function stateOf(path: string): Record<string, unknown> {
  return aState({ job_id: path.split('/').at(-1), job_name: 'saved' });
}

/** The answers to the calls, without what differs from run to run: ids, times and versions. */
async function answersTo(calls: readonly Call[], client: Client, jobId: string): Promise<string[]> {
  const path = `/v1/jobs/${jobId}`;
  const known: Known = { path, etag: '"none"', token: 'none' };
  const answers: string[] = [];
  const create: Call = () => client.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }) });
  for (const call of [create, ...calls]) {
    const answer = await call(client, known);
    known.etag = answer.header('etag') ?? known.etag;
    known.token = /"token":"([^"]+)"/.exec(answer.text)?.[1] ?? known.token;
    const headers = ['etag', 'location', 'allow', 'content-type', 'retry-after', 'cache-control'];
    const shown = headers.map(name => `${name}: ${answer.header(name)}`);
    answers.push(plain([answer.status, ...shown, answer.text].join('\n'), jobId));
  }
  return answers;
}

function plain(text: string, jobId: string): string {
  return text
    .replaceAll(jobId, 'JOB')
    .replaceAll(/retry-after: \d+/g, 'retry-after: N')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replaceAll(/dsl_[\w.~-]+/g, 'TOKEN')
    .replaceAll(/[0-9a-f]{32}/g, 'HASH')
    .replaceAll(/(_in_ms|_seconds|_ms)":[\d.]+/g, '$1":N');
}

describe('the answers with an object for each job', () => {
  it('are those of the Worker alone', async () => {
    const before = running.length;
    const runs = Array.from({ length: JOBS }, async (_, seed) => {
      const seeded = seededRandom(seed + 1);
      const random = () => seeded.fraction();
      const calls = Array.from({ length: REQUESTS }, () => {
        const make = CALLS[Math.floor(random() * CALLS.length)] ?? updateCall;
        return make(random);
      });
      const [alone, through] = await Promise.all([
        answersTo(calls, clientOf(null), `alone-${seed}`),
        answersTo(calls, clientOf(), `object-${seed}`),
      ]);
      expect(through, `seed ${seed}`).toEqual(alone);
    });
    await Promise.all(runs);
    expect(running.length).toBeGreaterThan(before + JOBS / 2);
  });
});
