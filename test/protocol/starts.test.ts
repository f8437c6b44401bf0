import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { openCounted } from '../support/counting-store.ts';
import { cases } from '../support/effort.ts';
import {
  acquire,
  COMPLETED,
  claim,
  type Held,
  JOB,
  LEASE,
  load,
  STATE_KEY,
  storedText,
  update,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { tokensOf } from '../support/tokens.ts';

type Json = Readonly<Record<string, unknown>>;

function put(app: Pick<AppClient, 'ask'>, sheet: number, json: Json, held?: Held): Promise<Answer> {
  return app.ask('PUT', `${JOB}/sheets/${sheet}`, { json, headers: held?.headers ?? {} });
}

function complete(app: Pick<AppClient, 'ask'>, sheet: number, more: Json, held?: Held) {
  return put(app, sheet, { status: 'completed', ...more }, held);
}

async function heldJob(overrides: Json = {}) {
  const app = openApp();
  await app.create(overrides);
  return { app, held: await acquire(app) };
}

describe('a completion that starts a sheet', () => {
  it('PUT with start_next starts the next one, and names it with its attempt', async () => {
    const { app, held } = await heldJob();
    await update(app, 1, 'in_progress', held);
    const answer = await complete(app, 1, { start_next: true, stdout: 'done' }, held);
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        job_id: 'job-1',
        status: 'running',
        sheet: 1,
        next_sheet: 2,
        progress: [1, 3],
        attempt: 1,
        started: { sheet: 2, attempt: 1 },
      },
    ]);
    expect((await load(app)).json).toMatchObject({
      current_sheet: 2,
      last_completed_sheet: 1,
      sheets: {
        1: { status: 'completed', stdout_tail: 'done' },
        2: { status: 'in_progress', attempt_count: 1, completed_at: null },
      },
    });
  });

  it('PUT with start starts the sheet that it names', async () => {
    const { app, held } = await heldJob();
    await update(app, 3, 'failed', held);
    await update(app, 3, 'in_progress', held);
    await update(app, 3, 'failed', held);
    const answer = await complete(app, 1, { start: 3 }, held);
    expect(answer.json).toMatchObject({ started: { sheet: 3, attempt: 2 }, next_sheet: 3 });
    expect((await load(app)).json).toMatchObject({
      sheets: { 3: { status: 'in_progress', attempt_count: 2 } },
    });
  });

  it('PUT with start_next passes over what is done already', async () => {
    const { app, held } = await heldJob();
    await update(app, 2, 'skipped', held);
    const answer = await complete(app, 1, { start_next: true }, held);
    expect(answer.json).toMatchObject({ started: { sheet: 3, attempt: 1 } });
  });

  it('PUT with start_next completes the job with its last sheet', async () => {
    const { app, held } = await heldJob({ total_sheets: 2 });
    await complete(app, 1, { start_next: true }, held);
    const last = await complete(app, 2, { start_next: true }, held);
    expect(last.json).toMatchObject({ status: 'completed', next_sheet: null, started: null });
    expect((await load(app)).json).toMatchObject(COMPLETED);
    expect((await app.ask('PUT', LEASE, { headers: held.headers })).status).toBe(409);
  });

  it('PUT with start_next leaves a job running in which only a failed sheet is left', async () => {
    const { app, held } = await heldJob({ total_sheets: 2 });
    await update(app, 1, 'failed', held);
    const answer = await complete(app, 2, { start_next: true }, held);
    expect(answer.json).toMatchObject({ status: 'running', next_sheet: null, started: null });
  });

  it.each([{}, { start_next: false }])('PUT with %j answers as ever', async more => {
    const { app, held } = await heldJob();
    const answer = await complete(app, 1, more, held);
    expect(answer.json).not.toHaveProperty('started');
    expect((await load(app)).json).toMatchObject({ current_sheet: null });
  });

  it('PUT works without a lease', async () => {
    const app = openApp();
    await app.create();
    const answer = await complete(app, 1, { start_next: true });
    expect(answer.json).toMatchObject({ status: 'running', started: { sheet: 2, attempt: 1 } });
  });

  it('costs a job of 20 sheets 21 saves', async () => {
    const app = openCounted();
    await app.create({ total_sheets: 20 });
    const held = await claim(app);
    app.takeCalls();
    await update(app, 1, 'in_progress', held);
    for (let sheet = 1; sheet <= 20; sheet++)
      await complete(app, sheet, { start_next: true }, held);
    const puts = app.takeCalls().filter(({ operation }) => operation === 'put');
    expect(puts.map(({ key }) => key)).toEqual(Array.from({ length: 21 }, () => STATE_KEY));
    expect((await load(app)).json).toMatchObject({ ...COMPLETED, last_completed_sheet: 20 });
  });
});

describe('a start that is refused', () => {
  it.each([
    [{ start: 1 }, 'The update completes sheet 1: it cannot start it'],
    [{ start: 4 }, 'The job has sheets 1 to 3'],
    [{ start: 0 }, 'Input should be greater than or equal to 1'],
    [{ start: 'two' }, expect.stringContaining('valid integer')],
    [{ start: null }, expect.stringContaining('valid integer')],
    [{ start: '99999999999999999999' }, 'A sheet number is an integer from 1 to 9007199254740991'],
    [{ start: 2, start_next: false, attempt: 1 }, null],
  ])('PUT with %j: %s', async (more, reason) => {
    const { app, held } = await heldJob();
    await update(app, 1, 'in_progress', held);
    const before = await storedText(app.store);
    const answer = await complete(app, 1, more, held);
    const expected =
      reason === null
        ? { status: 200, json: { started: { sheet: 2 } } }
        : { status: 422, json: { code: 'invalid', errors: [{ path: '/start', reason }] } };
    expect(answer).toMatchObject(expected);
    expect((await storedText(app.store)) === before).toBe(reason !== null);
  });

  it('PUT with both ways to say it', async () => {
    const { app, held } = await heldJob();
    const answer = await complete(app, 1, { start: 2, start_next: true }, held);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/start_next' }));
  });

  it.each(['in_progress', 'failed', 'skipped'])('PUT %s starts no other sheet', async status => {
    const { app, held } = await heldJob();
    for (const [name, value] of Object.entries({ start: 2, start_next: true })) {
      const answer = await put(app, 1, { status, [name]: value }, held);
      const path = `/${name}`;
      expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
    }
  });

  it('PUT names a sheet that the holder has completed', async () => {
    const { app, held } = await heldJob();
    await update(app, 2, 'completed', held);
    const before = await storedText(app.store);
    const answer = await complete(app, 1, { start: 2 }, held);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/start' }));
    expect(await storedText(app.store)).toBe(before);
  });

  it('PUT completes the last sheet of a job under a lease, which ends the lease', async () => {
    const { app, held } = await heldJob({ total_sheets: 2 });
    await update(app, 1, 'skipped', held);
    const before = await storedText(app.store);
    const answer = await complete(app, 2, { start: 1 }, held);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/start' }));
    expect(await storedText(app.store)).toBe(before);
  });

  it('PUT by a worker starts no job that an operator has paused', async () => {
    const tokens = await tokensOf({ worker: 'work', operator: 'admin' });
    const app = openApp({ access: tokens.list });
    const headers = tokens.as('operator');
    const json = { job_id: 'job-1', job_name: 'A job', total_sheets: 3 };
    await app.ask('POST', '/v1/jobs', { json, headers });
    await app.ask('POST', `${JOB}/pause`, { headers });
    const before = await storedText(app.store);
    const answer = await app.ask('PUT', `${JOB}/sheets/1`, {
      json: { status: 'completed', start_next: true },
      headers: tokens.as('worker'),
    });
    expect(answer).toMatchObject(aProblem({ status: 403, code: 'forbidden' }));
    expect(await storedText(app.store)).toBe(before);
  });

  it('PUT by another than the holder', async () => {
    const { app } = await heldJob();
    const answer = await complete(app, 1, { start_next: true });
    expect(answer).toMatchObject(aProblem({ status: 409, code: 'lease_held' }));
  });
});

const REPEATS = [{ start_next: true }, { start: 3 }, { start_next: true, attempt: 1 }] as const;

describe('a completion that starts a sheet, made again', () => {
  it.each(REPEATS)('PUT with %j changes nothing and answers the same', async more => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'in_progress', held);
    const first = await complete(app, 1, { stdout: 'x'.repeat(60_000), ...more }, held);
    const stored = await storedText(app.store);
    clock.advance(1000);
    const restarted = openApp({ clock, store: app.store });
    for (const process of [app, restarted, app]) {
      const again = await complete(process, 1, { stdout: 'x'.repeat(60_000), ...more }, held);
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect(again.header('etag')).toBe(first.header('etag'));
    }
    expect(await storedText(app.store)).toBe(stored);
  });

  it.each(REPEATS)('PUT with %j twice at once counts once', async more => {
    const { app, held } = await heldJob();
    await update(app, 1, 'in_progress', held);
    const [one, two] = await Promise.all([
      complete(app, 1, more, held),
      complete(app, 1, more, held),
    ]);
    expect(one.text).toBe(two.text);
    const { started } = one.json as { started: { sheet: number } };
    expect((await load(app)).json).toMatchObject({
      sheets: { [started.sheet]: { attempt_count: 1 } },
    });
  });

  it('PUT of the last sheet answers the same from the same process', async () => {
    const { app, held } = await heldJob({ total_sheets: 1 });
    const first = await complete(app, 1, { start_next: true }, held);
    const again = await complete(app, 1, { start_next: true }, held);
    expect([again.status, again.text]).toEqual([200, first.text]);
  });

  it('PUT without a lease is known by its attempt', async () => {
    const app = openApp();
    await app.create();
    await put(app, 1, { status: 'in_progress', attempt: 1 });
    const first = await complete(app, 1, { attempt: 1, start_next: true });
    const stored = await storedText(app.store);
    const again = await complete(app, 1, { attempt: 1, start_next: true });
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(await storedText(app.store)).toBe(stored);
  });

  it('PUT names a sheet that was running before, the second time too', async () => {
    const { app, held } = await heldJob();
    await update(app, 2, 'in_progress', held);
    const first = await complete(app, 1, { start: 2 }, held);
    expect(first.json).toMatchObject({ started: { sheet: 2, attempt: 1 } });
    expect((await complete(app, 1, { start: 2 }, held)).text).toBe(first.text);
  });

  it.each(REPEATS)('PUT with %j arrives late and restarts nothing', async more => {
    const { app, held } = await heldJob();
    await update(app, 1, 'in_progress', held);
    const first = await complete(app, 1, more, held);
    const { started } = first.json as { started: { sheet: number } };
    for (const status of ['failed', 'in_progress', 'failed']) {
      await update(app, started.sheet, status, held);
    }
    const stored = await storedText(app.store);
    const late = await complete(app, 1, more, held);
    expect([late.status, late.json]).toMatchObject([200, { sheet: 1, started: null }]);
    expect(await storedText(app.store)).toBe(stored);
  });

  it('PUT of an earlier attempt is stale, and starts nothing', async () => {
    const { app, held } = await heldJob();
    for (const status of ['in_progress', 'failed', 'in_progress']) {
      await update(app, 1, status, held);
    }
    const stored = await storedText(app.store);
    const late = await complete(app, 1, { attempt: 1, start_next: true }, held);
    expect(late.json).toMatchObject({ stale_attempt: true, attempt: 2, started: null });
    expect(await storedText(app.store)).toBe(stored);
  });

  it('PUT after a plain completion of the sheet starts nothing', async () => {
    const { app, held } = await heldJob();
    await update(app, 1, 'completed', held);
    const stored = await storedText(app.store);
    const answer = await complete(app, 1, { start_next: true }, held);
    expect(answer.json).toMatchObject({ next_sheet: 2, started: null });
    expect(await storedText(app.store)).toBe(stored);
  });
});

const STATUSES = ['in_progress', 'completed', 'failed', 'skipped'] as const;
const sheets = fc.integer({ min: 1, max: 4 });

/** A job with some past, and a completion that may start a sheet. */
const situations = fc.record({
  kind: fc.constantFrom('holder', 'free' as const),
  status: fc.constantFrom('pending', 'running', 'paused', 'failed'),
  past: fc.array(fc.tuple(fc.constantFrom(...STATUSES), sheets), { maxLength: 8 }),
  pauseMs: fc.constantFrom(0, 1000),
  sheet: sheets,
  start: fc.constantFrom(null, null, null, 1, 2, 3, 4),
  attempt: fc.constantFrom(null, null, null, 0, 1, 2),
});

type Situation = typeof situations extends fc.Arbitrary<infer T> ? T : never;

/** The job in this situation, in an application of its own. */
async function enact({ kind, status, past, pauseMs }: Situation) {
  const clock = frozenClock();
  const app = openApp({ clock });
  await app.create({ status, total_sheets: 4 });
  const granted = await app.ask('POST', LEASE, { json: { holder: 'w-1' } });
  const headers = kind === 'holder' ? tokenHeader(granted) : {};
  if (kind === 'free') await app.ask('DELETE', LEASE, { headers: tokenHeader(granted) });
  for (const [step, sheet] of past) {
    clock.advance(pauseMs);
    await app.ask('PUT', `${JOB}/sheets/${sheet}`, { json: { status: step }, headers });
  }
  const send = (sheet: number, json: Json) =>
    app.ask('PUT', `${JOB}/sheets/${sheet}`, { json, headers });
  return { send, stored: () => storedText(app.store) };
}

function tokenHeader(granted: Answer): Record<string, string> {
  const { token } = granted.json as { token?: string };
  return token === undefined ? {} : { 'Lease-Token': token };
}

interface Updated {
  readonly next_sheet: number | null;
  readonly attempt: number;
}

/** What the completion and then the start come to, each in a call of its own; `text` as if both had one time. */
async function apart(situation: Situation) {
  const { send, stored } = await enact(situation);
  const { sheet, start, attempt } = situation;
  const before = await stored();
  const one = await send(sheet, { status: 'completed', ...named(attempt) });
  const between = await stored();
  const unchanged = { text: before, started: expect.anything() };
  if (one.status !== 200) return { ...unchanged, status: one.status };
  if (between === before) return { ...unchanged, status: 200 };
  const next = start ?? (one.json as Updated).next_sheet;
  if (next === null) return { status: 200, text: between, started: null };
  const two = await send(next, { status: 'in_progress' });
  const after = await stored();
  const isRunning = after.includes(`"sheet_num": ${next},\n      "status": "in_progress"`);
  if (two.status !== 200 || next === sheet || !isRunning) return { ...unchanged, status: 422 };
  const text = after.replaceAll(updatedAt(after), updatedAt(between));
  return { status: 200, text, started: { sheet: next, attempt: (two.json as Updated).attempt } };
}

function named(attempt: number | null): Json {
  return attempt === null ? {} : { attempt };
}

function updatedAt(text: string): string {
  return (JSON.parse(text) as { updated_at: string }).updated_at;
}

describe('a completion that starts a sheet, in any state', () => {
  it('stores to the byte what the two updates store, or is refused as they are', async () => {
    let started = 0;
    await fc.assert(
      fc.asyncProperty(situations, async situation => {
        const expected = await apart(situation);
        const { send, stored } = await enact(situation);
        const { sheet, start, attempt } = situation;
        const how = start === null ? { start_next: true } : { start };
        const json = { status: 'completed', ...named(attempt), ...how };
        const answer = await send(sheet, json);
        expect([answer.status, await stored()]).toEqual([expected.status, expected.text]);
        const { started: found = null } = answer.json as { started?: unknown };
        started += Number(answer.status === 200 && found !== null);
        expect([expected.started, null]).toContainEqual(found);
      }),
      { seed: 20_260_304, numRuns: cases(60) },
    );
    expect(started).toBeGreaterThan(cases(60) / 6);
  });
});
