import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { countsOf, openCounted } from '../support/counting-store.ts';
import { claim, JOB, load, storedText, update } from '../support/leasing.ts';

const START = { start_next: true };
const KEY = { 'Idempotency-Key': 'k'.repeat(32) };

type Json = Readonly<Record<string, unknown>>;

/** The state as two changes or one may leave it: without the times, ids and digests. */
function withoutTimes(text: string): Json {
  const IGNORED = new Set(['updated_at', 'started_at', 'acquired_at', 'id', 'token_sha256']);
  const parsed: unknown = JSON.parse(text, (name, value: unknown) =>
    IGNORED.has(name) ? null : value,
  );
  return parsed as Json;
}

function keyed(app: AppClient, json: Json, headers: Readonly<Record<string, string>> = KEY) {
  return app.ask('POST', '/v1/claims', { json: { holder: 'w-1', ...json }, headers });
}

describe('a claim with start_next', () => {
  it('starts the next sheet, and names it with its attempt', async () => {
    const app = openApp();
    await app.create();
    const { answer } = await claim(app, START);
    expect(answer.json).toMatchObject({
      next_sheet: 1,
      started: { sheet: 1, attempt: 1 },
      state: {
        status: 'running',
        current_sheet: 1,
        sheets: { 1: { status: 'in_progress', attempt_count: 1 } },
      },
    });
  });

  it('leaves the state that a claim and a start leave', async () => {
    const texts: Json[] = [];
    for (const isOne of [true, false]) {
      const clock = frozenClock();
      const app = openApp({ clock });
      await app.create();
      // An unused grant before it leaves a delay, which the first write of a holder ends.
      await claim(app);
      clock.advance(62_000);
      await app.ask('POST', '/v1/sweep');
      clock.advance(2000);
      const held = await claim(app, isOne ? START : {});
      if (!isOne) await update(app, 1, 'in_progress', held);
      texts.push(withoutTimes(await storedText(app.store)));
    }
    expect(texts[0]).toEqual(texts[1]);
  });

  it('costs no more writes than a claim without it', async () => {
    const counts: unknown[] = [];
    for (const ask of [{}, START]) {
      const app = openCounted();
      await app.create();
      const json = { holder: 'w-1', ...ask };
      const { calls } = await app.spend('POST', '/v1/claims', { json });
      counts.push(countsOf(calls));
    }
    expect(counts[1]).toEqual(counts[0]);
  });

  it('adds an attempt to a sheet that was started before', async () => {
    const app = openApp();
    await app.create();
    const before = await claim(app, START);
    await app.ask('DELETE', `${JOB}/lease`, { headers: before.headers });
    const { answer } = await claim(app, START);
    expect(answer.json).toMatchObject({ started: { sheet: 1, attempt: 2 } });
  });

  it('starts a sheet of each job that it gets', async () => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    const answer = await app.ask('POST', '/v1/claims', {
      json: { holder: 'w-1', max: 5, ...START },
    });
    const { grants } = answer.json as { grants: readonly Json[] };
    expect(grants.map(({ started }) => started)).toEqual([
      { sheet: 1, attempt: 1 },
      { sheet: 1, attempt: 1 },
    ]);
  });

  it('starts nothing without it, and does not speak of a start', async () => {
    const app = openApp();
    await app.create();
    const { answer } = await claim(app);
    expect(answer.json).not.toHaveProperty('started');
    expect((await load(app)).json).toMatchObject({ sheets: {} });
  });

  it('is completed by the attempt that it started', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const { headers } = await claim(app, START);
    const json = { status: 'completed', attempt: 1 };
    const answer = await app.ask('PUT', `${JOB}/sheets/1`, { json, headers });
    expect(answer.json).toMatchObject({ status: 'completed', attempt: 1 });
  });
});

describe('a repeated claim with start_next', () => {
  it.each([
    ['the same process', false],
    ['another process', true],
  ])('names the same start, by %s, and adds no attempt', async (_, isOther) => {
    const app = openApp();
    await app.create();
    const first = await keyed(app, START);
    const again = isOther ? openApp({ store: app.store, seed: 2 }) : app;
    const second = await keyed(again, START, { ...KEY, 'Idempotency-Attempt': '2' });
    const shown = { started: { sheet: 1, attempt: 1 }, token: (first.json as Json)['token'] };
    expect(second.json).toMatchObject(shown);
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 1 } } });
  });

  it('is another request than one without it', async () => {
    const app = openApp();
    await app.create();
    await keyed(app, START);
    const other = await keyed(app, {}, { ...KEY, 'Idempotency-Attempt': '2' });
    expect(other.json).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('names no start that is over', async () => {
    const app = openApp();
    await app.create();
    const first = await keyed(app, START);
    const { token } = first.json as { token: string };
    await app.ask('PUT', `${JOB}/sheets/1`, {
      json: { status: 'completed', start_next: true },
      headers: { 'Lease-Token': token },
    });
    const again = await keyed(app, START, { ...KEY, 'Idempotency-Attempt': '2' });
    expect(again.json).toMatchObject({ started: null, next_sheet: 2 });
  });
});

describe('a job whose holder dies in the sheet that its claim started', () => {
  it('counts a recovery each time, and fails at the third', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const statuses: unknown[] = [];
    for (let grant = 1; grant <= 3; grant += 1) {
      await claim(app, START);
      clock.advance(62_000);
      await app.ask('POST', '/v1/sweep');
      statuses.push((await load(app)).json);
    }
    expect(statuses).toMatchObject([
      { status: 'paused', dalsegno: { recoveries: 1 } },
      { status: 'paused', dalsegno: { recoveries: 2 } },
      { status: 'failed' },
    ]);
  });
});
