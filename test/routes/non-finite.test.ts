import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import type { Place } from '../support/place.ts';
import { runtime } from '../support/runtime.ts';

const JOB = '/v1/jobs/job-1';

async function openWithNaN(): Promise<{ app: AppClient; place: Place }> {
  const place = await runtime.makePlace();
  const sheet = '"sheet_num": 1, "total_cost_usd": Infinity, "estimated_cost": -Infinity';
  const state = '"job_id": "job-1", "job_name": "NaN", "total_sheets": 3';
  const text = `{${state}, "total_estimated_cost": NaN, "sheets": {"1": {${sheet}}}}`;
  await place.write('job-1.json', text);
  return { place, app: openApp({ store: await place.open() }) };
}

async function nonFiniteLines(place: Place): Promise<readonly string[]> {
  const lines = (await place.read('job-1.json')).split('\n');
  return lines.map(line => line.trim()).filter(line => /: -?(?:NaN|Infinity),$/.test(line));
}

const ALL = [
  '"total_cost_usd": Infinity,',
  '"estimated_cost": -Infinity,',
  '"total_estimated_cost": NaN,',
];

describe('numbers that are not finite', () => {
  it('GET answers null for them, in strict JSON', async () => {
    const { app } = await openWithNaN();
    expect((await app.ask('GET', JOB)).json).toMatchObject({
      total_estimated_cost: null,
      sheets: { 1: { total_cost_usd: null, estimated_cost: null } },
    });
    expect((await app.ask('GET', '/v1/jobs?view=full')).json).toMatchObject({ jobs: [{}] });
  });

  it('PUT of what GET answered keeps them in the file, however often', async () => {
    const { app, place } = await openWithNaN();
    for (let round = 0; round < 3; round += 1) {
      const loaded = await app.ask('GET', JOB);
      const headers = { 'If-Match': loaded.header('etag') ?? '' };
      const saved = await app.ask('PUT', JOB, { body: loaded.text, headers });
      expect(saved.json).toMatchObject({ total_estimated_cost: null });
    }
    expect((await nonFiniteLines(place)).toSorted()).toEqual(ALL.toSorted());
  });

  it('PUT of a number in their place replaces them', async () => {
    const { app, place } = await openWithNaN();
    const loaded = await app.ask('GET', JOB);
    const headers = { 'If-Match': loaded.header('etag') ?? '' };
    const body = loaded.text.replace('"total_estimated_cost": null', '"total_estimated_cost": 2');
    await app.ask('PUT', JOB, { body, headers });
    expect((await nonFiniteLines(place)).toSorted()).toEqual(ALL.slice(0, 2).toSorted());
  });

  it('an update keeps them in the file', async () => {
    const { app, place } = await openWithNaN();
    for (const status of ['in_progress', 'failed', 'completed']) {
      const updated = await app.ask('PUT', `${JOB}/sheets/1`, { json: { status } });
      expect(updated.status).toBe(200);
    }
    expect((await nonFiniteLines(place)).toSorted()).toEqual(ALL.toSorted());
  });

  it('the words in a text stay a text', async () => {
    const { app } = await openWithNaN();
    const text = { a: 'NaN', b: ': NaN,\n', c: '-Infinity' };
    const json = { job_id: 'job-2', job_name: 'x', total_sheets: 1, config_snapshot: text };
    const created = await app.ask('POST', '/v1/jobs', { json });
    expect(created.json).toMatchObject({ config_snapshot: text });
  });
});
