import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, claim, type Held, JOB, LEASE, load, update } from '../support/leasing.ts';
import { runtime } from '../support/runtime.ts';

interface Ended {
  readonly app: AppClient;
  /** Lets the lease of the holder expire. */
  readonly outlive: () => void;
  readonly held: Held;
}

/** A job whose holder has started its first sheet and reported how far it is. */
async function inTheMiddle(app: AppClient, outlive: () => void): Promise<Ended> {
  await app.create();
  const held = await acquire(app);
  await update(app, 1, 'in_progress', held);
  const json = { progress: { row: 1200 }, sheet: 1 };
  await app.ask('PUT', LEASE, { json, headers: held.headers });
  return { app, outlive, held };
}

async function open(): Promise<Ended> {
  const clock = frozenClock();
  return inTheMiddle(openApp({ clock }), () => clock.advance(60_000));
}

const KEPT = { sheet: 1, attempt: 1, progress: { row: 1200 }, at: '2026-03-04T05:06:07Z' };

/** How the lease ends, and which call gets the next one. */
const ENDS: readonly (readonly [string, (ended: Ended) => Promise<unknown>])[] = [
  ['a release', ({ app, held }) => app.ask('DELETE', LEASE, { headers: held.headers })],
  [
    'a sweep, as its worker was killed',
    ({ app, outlive }) => {
      outlive();
      return app.ask('POST', '/v1/sweep');
    },
  ],
  ['the acquire of another holder', async ({ outlive }) => outlive()],
  [
    'a failure of the job by its holder',
    async ({ app, held }) => {
      await app.ask('POST', `${JOB}/fail`, { headers: held.headers });
      await app.ask('POST', `${JOB}/resume`);
    },
  ],
  ['a pause by force', ({ app }) => app.ask('POST', `${JOB}/pause?force=true`)],
  [
    'a pause that its holder was asked for',
    async ({ app, held }) => {
      await app.ask('POST', `${JOB}/pause`);
      return app.ask('DELETE', LEASE, { headers: held.headers });
    },
  ],
  [
    'a save of its holder',
    async ({ app, held }) => {
      const state = (await load(app)).json as Record<string, unknown>;
      const headers = { ...held.headers, 'If-Match': '*' };
      return app.ask('PUT', JOB, { json: { ...state, status: 'paused' }, headers });
    },
  ],
];

describe('the last progress of a sheet', () => {
  it.each(ENDS)(
    'is in the state after %s, and in the answer to the next acquire',
    async (_, end) => {
      const ended = await open();
      await end(ended);
      const { answer } = await acquire(ended.app);
      expect(answer.json).toMatchObject({
        last_progress: KEPT,
        state: { dalsegno: { progress: KEPT } },
      });
      expect((await load(ended.app)).json).toMatchObject({ dalsegno: { progress: KEPT } });
    },
  );

  it('is in the answer to a claim, also without a state', async () => {
    const { app, held } = await open();
    await app.ask('DELETE', LEASE, { headers: held.headers });
    const headers = { Prefer: 'return=minimal' };
    const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'w-2' }, headers });
    expect(claimed.json).toMatchObject({ last_progress: KEPT });
  });

  it('is in the answer to a claim of several jobs', async () => {
    const { app, held } = await open();
    await app.ask('DELETE', LEASE, { headers: held.headers });
    const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'w-2', max: 5 } });
    expect(claimed.json).toMatchObject({ grants: [{ last_progress: KEPT }] });
  });

  it('is shown of a dead holder before its job is recovered', async () => {
    const { app, outlive } = await open();
    outlive();
    expect((await load(app)).json).toMatchObject({
      status: 'paused',
      dalsegno: { progress: KEPT },
    });
  });

  it('is not in an answer where there is none', async () => {
    const app = openApp();
    await app.create();
    expect((await claim(app)).answer.json).not.toHaveProperty('last_progress');
  });

  it('is gone when the sheet is completed, by the next holder too', async () => {
    const { app, held } = await open();
    await app.ask('DELETE', LEASE, { headers: held.headers });
    const next = await acquire(app);
    await update(app, 1, 'in_progress', next);
    expect((await load(app)).json).toMatchObject({ dalsegno: { progress: KEPT } });
    await update(app, 1, 'completed', next);
    expect(((await load(app)).json as { dalsegno: object }).dalsegno).not.toHaveProperty(
      'progress',
    );
  });

  it('is not the one of the sheet before, whose heartbeat came late', async () => {
    const { app, held } = await open();
    await app.ask('PUT', `${JOB}/sheets/1`, {
      json: { status: 'completed', start_next: true },
      headers: held.headers,
    });
    await app.ask('PUT', LEASE, { json: { progress: 'done', sheet: 1 }, headers: held.headers });
    await app.ask('DELETE', LEASE, { headers: held.headers });
    expect((await acquire(app)).answer.json).not.toHaveProperty('last_progress');
  });

  it('survives another process', async () => {
    const place = await runtime.makePlace();
    const clock = frozenClock();
    const app = openApp({ store: await place.open(), clock });
    await inTheMiddle(app, () => undefined);
    clock.advance(60_000);
    const other = openApp({ store: await place.open(), clock, seed: 2 });
    await other.ask('POST', '/v1/sweep');
    const again = openApp({ store: await place.open(), clock, seed: 3 });
    expect((await acquire(again)).answer.json).toMatchObject({ last_progress: KEPT });
  });
});

describe('a heartbeat', () => {
  it.each([
    ['/sheet', { sheet: 1 }],
    ['/sheet', { sheet: 0, progress: 1 }],
    ['/sheet', { sheet: 1.5, progress: 1 }],
    ['/sheet', { sheet: 'one', progress: 1 }],
  ])('is refused at %s for %j', async (path, json) => {
    const { app, held } = await open();
    const refused = await app.ask('PUT', LEASE, { json, headers: held.headers });
    expect(refused).toMatchObject({ status: 422, json: { code: 'invalid', errors: [{ path }] } });
    const beats = [{ token: held.token, ...json }];
    const batch = await app.ask('POST', '/v1/heartbeats', { json: { beats } });
    expect(batch.json).toMatchObject({ beats: [{ ok: false, code: 'invalid' }] });
  });
});
