import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  COMPLETED,
  claimed,
  type Held,
  JOB,
  keysOf,
  LEASE,
  load,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../support/leasing.ts';

/** A job with nothing left to run, held: another program has written the end of it. */
async function heldWithNothingLeft(app: AppClient): Promise<Held> {
  await app.create({ total_sheets: 2 });
  const held = await acquire(app);
  const state = JSON.parse(await storedText(app.store)) as Record<string, unknown>;
  const sheets = {
    1: { sheet_num: 1, status: 'completed' },
    2: { sheet_num: 2, status: 'skipped' },
  };
  await write(app.store, STATE_KEY, JSON.stringify({ ...state, sheets, last_completed_sheet: 1 }));
  return held;
}

describe('a held job with nothing left to run', () => {
  it('is completed by its release', async () => {
    const app = openApp();
    const { headers } = await heldWithNothingLeft(app);
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(204);
    expect((await load(app)).json).toMatchObject(COMPLETED);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
    expect(await claimed(app)).toBeNull();
  });

  it('is completed by its release where an operator asked for a pause', async () => {
    const app = openApp();
    const { headers } = await heldWithNothingLeft(app);
    await app.ask('POST', `${JOB}/pause`);
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject(COMPLETED);
  });

  it.each(['cancel', 'fail'])(
    'ends as asked by its release where an operator asked to %s it',
    async request => {
      const app = openApp();
      const { headers } = await heldWithNothingLeft(app);
      await app.ask('POST', `${JOB}/${request}`);
      await app.ask('DELETE', LEASE, { headers });
      const status = { cancel: 'cancelled', fail: 'failed' }[request];
      expect((await load(app)).json).toMatchObject({ status });
    },
  );

  it.each([
    ['nothing was asked', null],
    ['an operator asked for a pause', 'pause'],
  ])('is completed when its holder has died and %s', async (_name, request) => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await heldWithNothingLeft(app);
    await Promise.all(
      [request].flatMap(call => call ?? []).map(call => app.ask('POST', `${JOB}/${call}`)),
    );
    clock.advance(60_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1, failed: 0 });
    expect((await load(app)).json).toMatchObject({ ...COMPLETED, error_message: null });
    expect(await claimed(app)).toBeNull();
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ examined: 0 });
  });

  it('is completed, not failed, by what would be its last recovery', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await heldWithNothingLeft(app);
    const text = (await storedText(app.store)).replace('"recoveries":0', '"recoveries":2');
    await write(app.store, STATE_KEY, text);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    expect((await load(app)).json).toMatchObject(COMPLETED);
  });

  it('is completed, and refused as finished, when it is acquired from a dead holder', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await heldWithNothingLeft(app);
    clock.advance(60_000);
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-2' } });
    expect(refused.json).toMatchObject({ code: 'job_finished' });
  });

  it('says that the next sweep completes it', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await heldWithNothingLeft(app);
    clock.advance(60_000);
    const why = await app.ask('GET', `${JOB}/why`);
    expect(why.json).toMatchObject({ next: expect.stringContaining('completes it') });
  });
});

describe('a free job with nothing left to run', () => {
  it('is passed over by claims, and its hint removed', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const state = JSON.parse(await storedText(app.store)) as Record<string, unknown>;
    const sheets = { 1: { sheet_num: 1, status: 'skipped' } };
    await write(app.store, STATE_KEY, JSON.stringify({ ...state, sheets }));
    expect(await claimed(app)).toBeNull();
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it('is leased by its id, and completed by the release', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    await update(app, 1, 'skipped');
    const held = await acquire(app);
    expect(held.answer.json).toMatchObject({ next_sheet: null });
    await app.ask('DELETE', LEASE, { headers: held.headers });
    expect((await load(app)).json).toMatchObject(COMPLETED);
  });
});
