import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { cases } from '../support/effort.ts';
import type { Place } from '../support/place.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';

const JOB = '/v1/jobs/job-1';
const STALE = { 'If-Match': '"stale"' };

/** Deeper than any stack of calls. */
const DEEP = 50_000;

/** Long enough that what takes the square of the length would not end. */
const CORRUPT = [
  ['an empty file', '', 'json_decode'],
  ['half a file', '{"job_id": "job-1", "job_na', 'json_decode'],
  ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'json_decode'],
  ['a list', '[]', 'validation'],
  ['a state without its total', '{"job_id": "job-1", "job_name": "x"}', 'validation'],
  ['a wrong status', JSON.stringify(aState({ status: 'x' })), 'validation'],
  ['the state of another job', JSON.stringify(aState({ job_id: 'job-2' })), 'validation'],
  ['deep nesting', '['.repeat(DEEP), 'validation'],
  ['deep nesting that ends', nested('['.repeat(DEEP), ']'.repeat(DEEP)), 'validation'],
  ['many epochs', `{${'"epoch": 7,'.repeat(cases(30_000))}`, 'json_decode'],
  ['an integer of many parts', totalling(`${'1_'.repeat(cases(300_000))}x`), 'validation'],
  ['a time of many zeros', created(`${'0'.repeat(cases(200_000))}x`), 'validation'],
  ['many lines', `${'\n'.repeat(cases(200_000))}x`, 'json_decode'],
] as const;

function nested(open: string, close: string): string {
  return JSON.stringify(aState({ extra: null })).replace('"extra":null', `"extra":${open}${close}`);
}

function totalling(total_sheets: string): string {
  return JSON.stringify(aState({ total_sheets }));
}

function created(created_at: string): string {
  return JSON.stringify(aState({ created_at }));
}

interface Opened {
  readonly app: AppClient;
  readonly place: Place;
}

async function openWith(bytes: string | Uint8Array): Promise<Opened> {
  const place = await runtime.makePlace();
  await place.write('job-1.json', bytes);
  return { place, app: openApp({ store: await place.open() }) };
}

describe.each(CORRUPT)('%s', (_, bytes, errorType) => {
  it('GET answers state_corrupt, which file and why', async () => {
    const { app } = await openWith(bytes);
    const answer = await app.ask('GET', JOB);
    expect(answer).toMatchObject(aProblem({ status: 500, code: 'state_corrupt' }));
    expect(answer.json).toMatchObject({
      job_id: 'job-1',
      path: app.store.locate('jobs/job-1.json'),
      error_type: errorType,
      detail: expect.stringMatching(/./),
    });
  });

  it('no call overwrites it by accident', async () => {
    const { app, place } = await openWith(bytes);
    const before = await place.read('job-1.json');
    const json = aState();
    const update = { status: 'completed' };
    const create = { 'If-None-Match': '*' };
    const sheet = `${JOB}/sheets/1`;
    const answers = {
      update: await app.ask('PUT', sheet, { json: update }),
      updateAny: await app.ask('PUT', sheet, { json: update, headers: { 'If-Match': '*' } }),
      next: await app.ask('GET', `${JOB}/next-sheet`),
      post: await app.ask('POST', '/v1/jobs', { json }),
      save: await app.ask('PUT', JOB, { json }),
      saveStale: await app.ask('PUT', JOB, { json, headers: STALE }),
      saveNew: await app.ask('PUT', JOB, { json, headers: create }),
      saveBroken: await app.ask('PUT', JOB, { body: '{', headers: { 'If-Match': '*' } }),
      removeStale: await app.ask('DELETE', JOB, { headers: STALE }),
    };
    const statuses = Object.entries(answers).map(([name, { status }]) => [name, status]);
    expect(Object.fromEntries(statuses)).toEqual({
      update: 500,
      updateAny: 500,
      next: 500,
      post: 409,
      save: 428,
      saveStale: 412,
      saveNew: 412,
      saveBroken: 400,
      removeStale: 412,
    });
    expect(await place.read('job-1.json')).toBe(before);
  });

  it('PUT replaces it when If-Match is *', async () => {
    const { app, place } = await openWith(bytes);
    const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': '*' } });
    expect(saved.status).toBe(200);
    expect(await place.read('job-1.json')).toBe(saved.text);
    expect((await app.ask('GET', JOB)).text).toBe(saved.text);
  });

  it('GET of all jobs lists it beside the others', async () => {
    const { app } = await openWith(bytes);
    await app.create({ job_id: 'whole' });
    const list = await app.ask('GET', '/v1/jobs');
    expect(list.json).toMatchObject({
      jobs: [{ job_id: 'whole' }],
      corrupt: [
        { job_id: 'job-1', path: app.store.locate('jobs/job-1.json'), error_type: errorType },
      ],
    });
  });
});

describe('the epoch of a corrupt file', () => {
  it.each([
    ['"epoch": 7', 8],
    ['"epoch":7}', 8],
    ['"epoch": 3, "epoch": 9, "epoch": 4', 10],
    ['"epoch": 999999999999999,', 1_000_000_000_000_000],
    ['"epoch": 9007199254740991', 1],
    ['"epoch": 9007199254740993', 1],
    ['"epoch": 1e999', 1],
    ['"epoch": 1.5', 1],
    ['"epoch": -5', 1],
    ['"epoch": ', 1],
    ['"epoch":', 1],
    ['"epoch', 1],
    ['"epochs": 7', 1],
    ['"x\\"epoch\\": 7', 1],
  ])('of %s the next grant after a save is %i', async (text, epoch) => {
    const { app } = await openWith(`{"dalsegno": {${text}`);
    const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': '*' } });
    expect(saved.status).toBe(200);
    const granted = await app.ask('POST', `${JOB}/lease`, { json: { holder: 'w' } });
    expect(granted.json).toMatchObject({ lease: { epoch } });
  });
});

describe('a state whose dalsegno another program has written', () => {
  it.each([
    ['{"epoch": 1e999}', 1],
    ['{"epoch": -5}', 1],
    ['{"epoch": 1.5}', 1],
    ['{"epoch": "7"}', 8],
    ['{"epoch": 9007199254740990}', 9_007_199_254_740_991],
    ['{"epoch": 9007199254740993}', 1],
    [`{"epoch": ${'9'.repeat(4000)}}`, 1],
    [`{"epoch": ${'['.repeat(150)}${']'.repeat(150)}}`, 1],
    ['{"recoveries": 9007199254740991}', 1],
  ])('with %s it is listed, loaded, leased, held, and removed', async (text, epoch) => {
    const { app } = await openWith(withDalsegno(text));
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({ jobs: [{}], corrupt: [] });
    expect((await app.ask('GET', JOB)).status).toBe(200);
    const granted = await app.ask('POST', `${JOB}/lease`, { json: { holder: 'w' } });
    expect(granted.json).toMatchObject({ lease: { epoch } });
    expect((await app.ask('POST', `${JOB}/lease`, { json: { holder: 'x' } })).status).toBe(409);
    expect((await app.ask('GET', JOB)).status).toBe(200);
    expect((await app.ask('DELETE', `${JOB}?force=true`)).status).toBe(204);
  });

  it('with the last epoch there is it is not leased, says why, and keeps no other from being claimed', async () => {
    const { app } = await openWith(withDalsegno('{"epoch": 9007199254740991}'));
    const refused = await app.ask('POST', `${JOB}/lease`, { json: { holder: 'w' } });
    expect(refused).toMatchObject(aProblem({ status: 500, code: 'state_corrupt' }));
    expect(refused.json).toMatchObject({ detail: expect.stringContaining('/dalsegno/epoch') });
    await app.ask('POST', `${JOB}/resume`);
    await app.create({ job_id: 'other' });
    const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'w' } });
    expect(claimed.json).toMatchObject({ lease: { job_id: 'other' } });
    expect((await app.ask('GET', JOB)).status).toBe(200);
    const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': '*' } });
    expect(saved.status).toBe(200);
    expect((await app.ask('DELETE', JOB)).status).toBe(204);
  });

  it('with as many recoveries as there are numbers it is recovered once more', async () => {
    const lease = { id: 'x', holder: 'h', token_sha256: 'x', acquired_at: '2026-01-01T00:00:00Z' };
    const dalsegno = { epoch: 1, recoveries: Number.MAX_SAFE_INTEGER, lease };
    const { app } = await openWith(JSON.stringify(aState({ status: 'running', dalsegno })));
    const acquired = await app.ask('POST', `${JOB}/lease`, { json: { holder: 'w' } });
    expect(acquired).toMatchObject(aProblem({ status: 409, code: 'job_finished' }));
    expect((await app.ask('GET', JOB)).json).toMatchObject({ status: 'failed' });
  });
});

/** A pending job, as claims take it. */
function withDalsegno(text: string): string {
  return JSON.stringify(aState({ dalsegno: null })).replace(
    '"dalsegno":null',
    `"dalsegno":${text}`,
  );
}

describe('a corrupt file', () => {
  it('GET of all jobs lists it no more when it is repaired or removed', async () => {
    const { app, place } = await openWith('{');
    await place.write('job-2.json', '{');
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({ corrupt: [{}, {}] });
    await place.write('job-1.json', JSON.stringify(aState()));
    await app.ask('DELETE', '/v1/jobs/job-2');
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({
      jobs: [{ job_id: 'job-1' }],
      corrupt: [],
    });
  });

  it('GET of all jobs tells of it on the first page alone', async () => {
    const { app } = await openWith('{');
    for (const job_id of ['a', 'b', 'c']) await app.create({ job_id });
    const first = await app.ask('GET', '/v1/jobs?limit=2&view=full');
    expect(first.json).toMatchObject({ jobs: [{}, {}], corrupt: [{ job_id: 'job-1' }] });
    const { next_cursor } = JSON.parse(first.text);
    const second = await app.ask('GET', `/v1/jobs?limit=2&cursor=${next_cursor}`);
    expect(second.json).toMatchObject({ jobs: [{}], corrupt: [] });
  });

  it('GET tells a few of many faults', async () => {
    const sheets = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`${at + 1}`, 1]));
    const { app } = await openWith(JSON.stringify(aState({ sheets })));
    const answer = await app.ask('GET', JOB);
    expect(answer).toMatchObject(aProblem({ status: 500, code: 'state_corrupt' }));
    expect(answer.text.length).toBeLessThan(2000);
  });

  it('PUT replaces it when If-Match is the version that a list of faults cannot give', async () => {
    const { app } = await openWith('{');
    const refused = await app.ask('PUT', JOB, { json: aState(), headers: STALE });
    const { current_version } = JSON.parse(refused.text);
    const headers = { 'If-Match': `"${current_version}"` };
    expect((await app.ask('PUT', JOB, { json: aState(), headers })).status).toBe(200);
  });
});
