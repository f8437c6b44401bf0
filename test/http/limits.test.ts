import { describe, expect, it } from 'vitest';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { type AppClient, type AskOptions, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, JOB, LEASE, load, STATE_KEY, storedText, write } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const SHEETS = { ...UNLIMITED, sheets: 3 };
const ANY = { 'If-Match': '*' };
const SHEET = (number: number) => `${JOB}/sheets/${number}`;

function sheetsOf(count: number): Record<string, unknown> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return Object.fromEntries(numbers.map(number => [number, { sheet_num: number }]));
}

async function refuses(app: AppClient, method: string, path: string, options: AskOptions) {
  const before = await app.ask('GET', JOB);
  const answer = await app.ask(method, path, options);
  const after = await app.ask('GET', JOB);
  expect(after.text).toBe(before.text);
  expect(after.header('etag')).toBe(before.header('etag'));
  return answer;
}

describe('the number of sheets of a job', () => {
  it.each([
    ['4', 4],
    ['1000000000', 1_000_000_000],
    ['"1000000000"', 1_000_000_000],
    ['1e9', 1_000_000_000],
  ])('is refused where a create says total_sheets %s', async (total, asked) => {
    const app = openApp({ limits: SHEETS });
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":${total}}`;
    const answer = await app.ask('POST', '/v1/jobs', { body });
    expect(answer).toMatchObject(aProblem({ status: 413, code: 'state_too_large' }));
    expect(answer.json).toMatchObject({ sheets: asked, limit_sheets: 3 });
    expect((await load(app)).status).toBe(404);
  });

  it('is refused with all its digits where it has very many', async () => {
    const digits = '9'.repeat(400);
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":${digits}}`;
    const answer = await openApp({ limits: SHEETS }).ask('POST', '/v1/jobs', { body });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain(`"sheets":${digits},"limit_sheets":3`);
  });

  it.each([
    ['a create', 'POST', '/v1/jobs'],
    ['a save', 'PUT', JOB],
  ])('is counted in the body of %s', async (_, method, path) => {
    const app = openApp({ limits: SHEETS });
    await app.create();
    const json = aState({ sheets: sheetsOf(4) });
    const answer = await refuses(app, method, path, { json, headers: ANY });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: 'state_too_large', sheets: 4, limit_sheets: 3 });
  });

  it('is counted before anything else is looked at', async () => {
    const app = openApp({ limits: SHEETS });
    const sheets = sheetsOf(100_000);
    const body = `{"job_id":7,"total_sheets":3,"sheets" : ${JSON.stringify(sheets)}}`;
    const answer = await app.ask('POST', '/v1/jobs', { body });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ sheets: 100_000, limit_sheets: 3 });
  });

  it('is counted where the key is written with escapes, and where a sheet comes twice', async () => {
    const app = openApp({ limits: SHEETS });
    const head = '{"job_id":"job-1","job_name":"x","total_sheets":3';
    const one = '"1":{"sheet_num":1}';
    for (const member of [
      `"sh\\u0065ets":${JSON.stringify(sheetsOf(4))}`,
      `"sheets":{${[one, one, one, one].join(',')}}`,
    ]) {
      const answer = await app.ask('POST', '/v1/jobs', { body: `${head},${member}}` });
      expect(answer.json).toMatchObject({ sheets: 4, limit_sheets: 3 });
    }
  });

  it('is nothing to do with what other members hold', async () => {
    const app = openApp({ limits: SHEETS });
    const json = aState({ config_snapshot: { sheets: sheetsOf(10) }, total_sheets: 3 });
    expect((await app.ask('POST', '/v1/jobs', { json })).status).toBe(201);
  });

  it('is kept to by updates that would add a sheet, and not by those of sheets that are there', async () => {
    const app = openApp({ limits: SHEETS });
    const large = aState({ total_sheets: 9, sheets: sheetsOf(4) });
    await write(app.store, STATE_KEY, JSON.stringify(large));
    expect((await load(app)).status).toBe(200);
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({
      jobs: [{ job_id: 'job-1', total_sheets: 9 }],
      corrupt: [],
    });
    const json = { status: 'completed' };
    const added = await refuses(app, 'PUT', SHEET(5), { json });
    expect(added.json).toMatchObject({ code: 'state_too_large', sheets: 5, limit_sheets: 3 });
    expect((await app.ask('PUT', SHEET(4), { json })).status).toBe(200);
    const { headers } = await acquire(app);
    expect((await app.ask('PUT', SHEET(3), { json, headers })).status).toBe(200);
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(204);
    expect((await app.ask('POST', `${JOB}/cancel`)).status).toBe(200);
  });
});

describe('the bytes of a stored state', () => {
  const text = (bytes: number) => 'x'.repeat(bytes);

  it.each([
    [
      'a create',
      'POST',
      '/v1/jobs',
      { json: aState({ job_id: 'job-2', error_message: text(9000) }) },
    ],
    ['a save', 'PUT', JOB, { json: aState({ error_message: text(9000) }), headers: ANY }],
    ['an update', 'PUT', SHEET(1), { json: { status: 'failed', error_message: text(9000) } }],
    ['output', 'PUT', SHEET(1), { json: { status: 'completed', stdout: text(9000) } }],
  ])(
    'are refused beyond the limit in %s, and nothing is changed',
    async (_, method, path, options) => {
      const app = openApp({ limits: { ...UNLIMITED, bytes: 9000 } });
      await app.create();
      const answer = await refuses(app, method, path, options);
      expect(answer).toMatchObject(aProblem({ status: 413, code: 'state_too_large' }));
      expect(answer.json).toMatchObject({ limit_bytes: 9000, bytes: expect.any(Number) });
      expect(Object(answer.json).bytes).toBeGreaterThan(9000);
      expect((await app.ask('GET', '/v1/jobs/job-2')).status).toBe(404);
    },
  );

  it('count as they are stored, not as they are sent', async () => {
    const json = aState({ error_message: '\u00e9'.repeat(1000) });
    const app = openApp({ limits: { ...UNLIMITED, bytes: 5000 } });
    expect((await app.ask('POST', '/v1/jobs', { json })).json).toMatchObject({ limit_bytes: 5000 });
    const nested = `${'['.repeat(150)}1${']'.repeat(150)}`;
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":1,"a":${nested}}`;
    expect((await app.ask('POST', '/v1/jobs', { body })).json).toMatchObject({ limit_bytes: 5000 });
  });

  it('may be exceeded by what changes hands: a state at its limit can be leased, expired and swept', async () => {
    const clock = frozenClock();
    const probe = openApp();
    await probe.create({ error_message: text(4000) });
    const bytes = (await storedText(probe.store)).length;
    const app = openApp({ clock, limits: { ...UNLIMITED, bytes } });
    await app.create({ error_message: text(4000) });
    const first = await acquire(app, { holder: 'h'.repeat(200) });
    expect((await storedText(app.store)).length).toBeGreaterThan(bytes);
    const { headers } = first;
    expect((await app.ask('PUT', LEASE, { json: {}, headers })).status).toBe(200);
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(204);
    await acquire(app);
    clock.advance(61_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1, errors: 0 });
    const second = await acquire(app);
    clock.advance(61_000);
    await acquire(app);
    expect(second.token).not.toBe(first.token);
    const forced = await app.ask('POST', `${JOB}/fail?force=true`, {
      json: { error_message: text(500) },
    });
    expect(forced.status).toBe(200);
  });

  it('that a save with a token may not have leave the lease as it is', async () => {
    const app = openApp({ limits: { ...UNLIMITED, bytes: 4000 } });
    await app.create();
    const { headers } = await acquire(app);
    const json = aState({ status: 'paused', error_message: text(9000) });
    const answer = await refuses(app, 'PUT', JOB, { json, headers: { ...headers, ...ANY } });
    expect(answer.status).toBe(413);
    expect((await app.ask('PUT', LEASE, { json: {}, headers })).status).toBe(200);
  });
});

describe('the values of a body', () => {
  const head = '{"job_id":"job-1","job_name":"x","total_sheets":1';

  it.each([
    ['whole numbers', `,"a":[${'1,'.repeat(1_100_000)}1]}`, 'values'],
    [
      'keys',
      `,"a":{${Array.from({ length: 70_000 }, (_, at) => `"k${at}":1`).join(',')}}}`,
      'nodes',
    ],
    [
      'unknown members',
      `,${Array.from({ length: 70_000 }, (_, at) => `"k${at}":1`).join(',')}}`,
      'nodes',
    ],
    ['empty objects', `,"hook_results":[${'{},'.repeat(70_000)}{}]}`, 'nodes'],
    ['texts', `,"instruments_used":[${'"",'.repeat(70_000)}""]}`, 'nodes'],
    [
      'errors of one sheet',
      `,"sheets":{"1":{"sheet_num":1,"error_history":[${'{},'.repeat(70_000)}{}]}}}`,
      'nodes',
    ],
  ])('are refused where there are very many: %s', async (_, tail, unit) => {
    const answer = await openApp().ask('POST', '/v1/jobs', { body: head + tail });
    expect(answer).toMatchObject(aProblem({ status: 413, code: 'state_too_large' }));
    const told = Object(answer.json);
    expect(told[unit]).toBeGreaterThan(told[`limit_${unit}`]);
  });

  it('are refused in an update as well', async () => {
    const app = openApp();
    await app.create();
    const body = `{"status":"completed","validation_details":[${'{},'.repeat(70_000)}{}]}`;
    const answer = await refuses(app, 'PUT', SHEET(1), { body });
    expect(answer).toMatchObject(aProblem({ status: 413, code: 'state_too_large' }));
  });

  it('may be as many as ten thousand sheets have that are written out', async () => {
    const app = openApp({ limits: { sheets: 10_000, bytes: 1 << 25 } });
    const json = aState({ total_sheets: 10_000, sheets: sheetsOf(10_000) });
    const created = await app.ask('POST', '/v1/jobs', { json });
    expect(created.status).toBe(201);
    const saved = await app.ask('PUT', JOB, { body: created.text, headers: ANY });
    expect(saved.status).toBe(200);
  });
});
