import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import { frozenClock } from '../../support/clock.ts';
import { countsOf, createCountingStore } from '../../support/counting-store.ts';
import {
  acquire,
  beat,
  type Client,
  claim,
  JOB,
  LEASE,
  load,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../../support/leasing.ts';
import { situate } from '../../support/situations.ts';
import { aState } from '../../support/state.ts';
import { tokensOf } from '../../support/tokens.ts';

interface Entry {
  readonly at: string;
  readonly event: string;
  readonly epoch: number;
  readonly holder: string | null;
  readonly by: string | null;
  readonly reason: string | null;
}

async function historyOf(app: Client, headers = {}): Promise<readonly Entry[]> {
  const { json } = await app.ask('GET', JOB, { headers });
  return (json as { dalsegno?: { history?: Entry[] } }).dalsegno?.history ?? [];
}

async function eventsOf(app: Client): Promise<string[]> {
  return (await historyOf(app)).map(({ event }) => event);
}

describe('the history of a job', () => {
  it('the history has who got the job, who gave it back, when and in which epoch', async () => {
    const { app, clock, held } = await situate('held');
    clock.advance(5000);
    await app.ask('DELETE', LEASE, { headers: held?.headers ?? {} });
    expect(await historyOf(app)).toEqual([
      {
        at: '2026-03-04T05:06:07.000001Z',
        event: 'granted',
        epoch: 1,
        holder: 'w-1',
        by: 'w-1',
        reason: null,
      },
      {
        at: '2026-03-04T05:06:12Z',
        event: 'released',
        epoch: 1,
        holder: 'w-1',
        by: 'w-1',
        reason: null,
      },
    ]);
  });

  it('the time of an entry is the updated_at of the change', async () => {
    const { app } = await situate('pending');
    await app.ask('POST', `${JOB}/pause`);
    const [entry] = await historyOf(app);
    expect((await load(app)).json).toMatchObject({ updated_at: entry?.at });
  });

  it('the history says why a job was taken from its holder', async () => {
    const { app } = await situate('zombie');
    await app.ask('POST', '/v1/sweep');
    const { error_message } = (await load(app)).json as { error_message: string };
    expect((await historyOf(app)).at(-1)).toMatchObject({
      event: 'expired',
      holder: 'w-1',
      by: null,
      reason: error_message,
    });
  });

  it('the third recovery of a job in a row ends its history with failed', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    for (const _ of [1, 2, 3]) {
      await beat(app, await acquire(app));
      clock.advance(60_000);
      await app.ask('POST', '/v1/sweep');
    }
    expect((await eventsOf(app)).slice(-2)).toEqual(['granted', 'failed']);
    expect((await historyOf(app)).at(-1)).toMatchObject({
      reason: expect.stringMatching(/^Recovered 3 times/),
      by: null,
    });
  });

  it('the completion of the last sheet is recorded with its holder, and no other update is', async () => {
    const { app, held } = await situate('held');
    await update(app, 1, 'in_progress', held ?? undefined);
    await update(app, 1, 'completed', held ?? undefined);
    await update(app, 2, 'completed', held ?? undefined);
    expect(await eventsOf(app)).toEqual(['granted', 'completed']);
    expect((await historyOf(app)).at(-1)).toMatchObject({ holder: 'w-1', by: 'w-1' });
  });

  it.each([
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
    ['fail', 'failed'],
  ])('POST %s records its reason', async (request, event) => {
    const { app } = await situate('pending');
    await app.ask('POST', `${JOB}/${request}`, { json: { error_message: 'because' } });
    expect(await historyOf(app)).toMatchObject([
      { event, epoch: 0, holder: null, by: null, reason: 'because' },
    ]);
  });

  it('POST resume is recorded, and a repeated one is not recorded again', async () => {
    const { app } = await situate('failed');
    await app.ask('POST', `${JOB}/resume`);
    await app.ask('POST', `${JOB}/resume`);
    expect(await eventsOf(app)).toEqual(['failed', 'resumed']);
  });

  it('a request of the holder itself is recorded as made by it', async () => {
    const { app, held } = await situate('held');
    const json = { error_message: 'sheet 1 failed 3 times' };
    await app.ask('POST', `${JOB}/fail`, { json, headers: held?.headers ?? {} });
    expect((await historyOf(app)).at(-1)).toMatchObject({
      event: 'failed',
      by: 'w-1',
      reason: 'sheet 1 failed 3 times',
    });
  });

  it('a request is recorded when the holder follows it, with the operator that made it', async () => {
    const tokens = await tokensOf({ ops: 'admin;name=ops', work: 'work;name=etl' });
    const app = openApp({ access: tokens.list });
    const job = { job_id: 'job-1', job_name: 'x', total_sheets: 2 };
    await app.ask('POST', '/v1/jobs', { json: job, headers: tokens.as('work') });
    const lease = await app.ask('POST', LEASE, {
      json: { holder: 'w-1' },
      headers: tokens.as('work'),
    });
    const { token } = lease.json as { token: string };
    const json = { error_message: 'not today' };
    await app.ask('POST', `${JOB}/cancel`, { json, headers: tokens.as('ops') });
    await app.ask('DELETE', LEASE, { headers: { ...tokens.as('work'), 'Lease-Token': token } });
    expect((await historyOf(app, tokens.as('work'))).at(-1)).toEqual({
      at: expect.any(String),
      event: 'cancelled',
      epoch: 1,
      holder: 'w-1',
      by: 'ops',
      reason: 'not today',
    });
  });

  it('a request that outlives its holder is recorded with the operator that made it', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/pause`, { json: { error_message: 'later' } });
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    expect((await historyOf(app)).at(-1)).toMatchObject({ event: 'paused', reason: 'later' });
  });

  it('a forced request is recorded with the holder that lost the job', async () => {
    const { app } = await situate('held');
    await app.ask('POST', `${JOB}/pause?force=true`);
    expect((await historyOf(app)).at(-1)).toMatchObject({
      event: 'paused',
      holder: 'w-1',
      by: null,
    });
  });

  it('a save that changes the status of a leased job is recorded, and others are not', async () => {
    const { app, held } = await situate('held');
    const headers = { ...held?.headers, 'If-Match': '*' };
    await app.ask('PUT', JOB, { json: aState({ status: 'running', theirs: 1 }), headers });
    await app.ask('PUT', JOB, { json: aState({ status: 'paused' }), headers });
    expect(await eventsOf(app)).toEqual(['granted', 'paused']);
  });

  it('no body changes the history', async () => {
    const { app, held } = await situate('held');
    const headers = { ...held?.headers, 'If-Match': '*' };
    const json = { ...aState({ status: 'running' }), dalsegno: { history: [] } };
    await app.ask('PUT', JOB, { json, headers });
    expect(await eventsOf(app)).toEqual(['granted']);
  });

  it('a job that was neither leased nor controlled has none, whatever sheets it completes', async () => {
    const { app } = await situate('completed');
    expect(await storedText(app.store)).not.toContain('dalsegno');
  });

  it('the history has the last 20 changes', async () => {
    const app = openApp();
    await app.create();
    for (const _ of Array(11)) {
      const { headers } = await acquire(app);
      await app.ask('DELETE', LEASE, { headers });
    }
    const history = await historyOf(app);
    expect(history).toHaveLength(20);
    expect(history[0]).toMatchObject({ event: 'granted', epoch: 2 });
    expect(history.at(-1)).toMatchObject({ event: 'released', epoch: 11 });
  });

  it.each([
    ['a text', '"x"'],
    ['an entry without an event', '[{"at":"2026-03-04T05:06:07Z","epoch":1}]'],
    ['an entry of another kind', '[5]'],
    ['too many entries', JSON.stringify(Array(21).fill(anEntry()))],
    ['more text than a history has', JSON.stringify([anEntry({ reason: 'x'.repeat(20_000) })])],
  ])('a history that another program has written as %s counts as none', async (_name, text) => {
    const app = openApp();
    await write(
      app.store,
      STATE_KEY,
      `${JSON.stringify(aState()).slice(0, -1)},"dalsegno":{"epoch":4,"history":${text}}}`,
    );
    await acquire(app);
    expect(await historyOf(app)).toMatchObject([{ event: 'granted', epoch: 5 }]);
  });

  it('a job at its limit of bytes is leased, updated and released, whatever its history takes', async () => {
    const app = openApp();
    await app.create({ total_sheets: 2 });
    await update(app, 1, 'in_progress', await acquire(app));
    await app.ask('POST', `${JOB}/pause?force=true`);
    const bytes = (await storedText(app.store)).length;
    const limited = openApp({
      store: app.store,
      limits: { sheets: 2, bytes: bytes - 100 },
      seed: 2,
    });
    for (const nth of Array(12).keys()) {
      const holder = `${'w'.repeat(150)}-${nth}`;
      const { headers } = await acquire(limited, { holder });
      expect((await limited.ask('DELETE', LEASE, { headers })).status).toBe(204);
    }
    expect((await storedText(app.store)).length).toBeGreaterThan(bytes + 4000);
    const held = await acquire(limited);
    expect((await update(limited, 1, 'failed', held)).status).toBe(200);
    expect(await eventsOf(limited)).toHaveLength(20);
  });

  it('claim, update and release cost the same calls to the store with a full history as with none', async () => {
    const counting = createCountingStore(openApp().store);
    const app = openApp({ store: counting.store });
    await app.create({ total_sheets: 3 });
    const turn = async () => {
      const held = await claim(app);
      await update(app, 1, 'in_progress', held);
      await app.ask('DELETE', LEASE, { headers: held.headers });
      return countsOf(counting.takeCalls());
    };
    await turn();
    const first = await turn();
    for (const _ of Array(12)) await turn();
    expect(await turn()).toEqual(first);
    expect(await eventsOf(app)).toHaveLength(20);
  });
});

function anEntry(overrides: Partial<Entry> = {}): Entry {
  return {
    at: '2026-03-04T05:06:07Z',
    event: 'granted',
    epoch: 1,
    holder: 'w-1',
    by: 'w-1',
    reason: null,
    ...overrides,
  };
}
