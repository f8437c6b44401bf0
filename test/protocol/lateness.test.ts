import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, type Held, JOB, LEASE, update } from '../support/leasing.ts';
import { aState } from '../support/state.ts';

/** A job whose holder is so many seconds late; `meanwhile` is what came to pass when its lease was over. */
async function openLate(lateSeconds: number, meanwhile: (app: AppClient) => Promise<unknown>) {
  const clock = frozenClock();
  const app = openApp({ clock });
  await app.create();
  const held = await acquire(app);
  clock.advance(60_000);
  await meanwhile(app);
  clock.advance(lateSeconds * 1000);
  const ask = (method: string, path: string, json?: unknown) =>
    app.ask(method, path, { json, headers: { ...held.headers, 'If-Match': '*' } });
  return { app, clock, held, ask };
}

const swept = (app: AppClient) => app.ask('POST', '/v1/sweep');
const nothing = () => Promise.resolve();

const NO_ALARMS = { count: 0, worst_late_seconds: 0 };

describe('a holder that comes back after its job was taken from it', () => {
  it.each([
    ['PUT', LEASE, undefined],
    ['PUT', `${JOB}/sheets/1`, { status: 'completed' }],
    ['PUT', JOB, aState()],
    ['DELETE', LEASE, undefined],
    ['POST', `${JOB}/pause`, undefined],
  ])('%s %s tells it how late it is, and counts a false alarm', async (method, path, json) => {
    const { app, ask } = await openLate(12.5, swept);
    const lost = await ask(method, path, json);
    expect(lost.json).toMatchObject({ code: 'lease_lost', late_seconds: 12.5 });
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({
      false_alarms: { count: 1, worst_late_seconds: 12.5 },
    });
  });

  // Who deletes is told nothing of it, and is not counted.
  it('DELETE of the job tells it how late it is, and counts a false alarm', async () => {
    const { ask } = await openLate(12.5, swept);
    const lost = await ask('DELETE', JOB);
    expect(lost.json).toMatchObject({ code: 'lease_lost', late_seconds: 12.5 });
  });

  it('is counted once, however often it comes', async () => {
    const { app, ask } = await openLate(3, swept);
    await ask('PUT', LEASE);
    await ask('PUT', LEASE);
    await ask('DELETE', LEASE);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({
      false_alarms: { count: 1, worst_late_seconds: 3 },
    });
  });

  it('is told how late it is each time', async () => {
    const { clock, ask } = await openLate(3, swept);
    await ask('PUT', LEASE);
    clock.advance(2000);
    expect((await ask('PUT', LEASE)).json).toMatchObject({ late_seconds: 5 });
  });

  it('is no false alarm where nobody has taken the job: it goes on', async () => {
    const { app, ask } = await openLate(3, nothing);
    expect((await ask('PUT', LEASE)).status).toBe(200);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({
      recovered: 0,
      false_alarms: { count: 0 },
      late_renewals: { count: 1, worst_late_seconds: 3 },
    });
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({
      standing: 'held',
      evidence: expect.arrayContaining(['Renewed after its expiry once, at most 3 s late']),
    });
  });

  it('every sweep reports it from then on', async () => {
    const { app, ask } = await openLate(3, swept);
    await ask('PUT', LEASE);
    await app.ask('POST', '/v1/sweep');
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({
      false_alarms: { count: 1 },
    });
  });

  it('a heartbeat of many counts it too', async () => {
    const { app, held } = await openLate(3, swept);
    await app.ask('POST', '/v1/heartbeats', { json: { beats: [{ token: held.token }] } });
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({
      false_alarms: { count: 1 },
    });
  });

  it('the worst of several is told, and a ttl that would have covered it', async () => {
    const { app, clock, ask } = await openLate(10, swept);
    await ask('PUT', LEASE);
    const second = await acquire(app);
    clock.advance(60_000);
    await swept(app);
    clock.advance(30_000);
    await app.ask('PUT', LEASE, { headers: second.headers });
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({
      false_alarms: {
        false_alarms: 2,
        worst_late_seconds: 30,
        suggested_ttl_seconds: 108,
        last_at: '2026-03-04T05:08:47Z',
      },
    });
  });

  it('the process suggests a ttl that would have covered the worst of all jobs', async () => {
    const { app, ask } = await openLate(10, swept);
    const before = (await app.ask('GET', '/v1/stats')).json;
    expect(before).toMatchObject({ false_alarms: NO_ALARMS });
    await ask('PUT', LEASE);
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject({
      // A fifth more than the ttl of 60 s and the 10 s.
      false_alarms: { count: 1, worst_late_seconds: 10, suggested_ttl_seconds: 84 },
    });
  });

  it('the ttl that is suggested is one that can be asked for', async () => {
    const { app, ask } = await openLate(5000, swept);
    await ask('PUT', LEASE);
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({
      false_alarms: { suggested_ttl_seconds: 3600 },
      safe: expect.arrayContaining([expect.stringContaining('ttl_seconds 3600')]),
    });
  });

  it('what is known outlives the process', async () => {
    const { app, ask } = await openLate(3, swept);
    await ask('PUT', LEASE);
    const other = openApp({ store: app.store });
    expect((await other.ask('GET', `${JOB}/why`)).json).toMatchObject({
      false_alarms: { false_alarms: 1 },
    });
  });
});

describe('a lease that ends without a false alarm', () => {
  async function alarmsAfter(end: (app: AppClient, held: Held) => Promise<unknown>) {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    await end(app, held);
    await app.ask('PUT', LEASE, { headers: held.headers });
    const { json } = await app.ask('POST', '/v1/sweep');
    return (json as { false_alarms: unknown }).false_alarms;
  }

  it('a released lease is none', async () => {
    const end = (app: AppClient, { headers }: Held) => app.ask('DELETE', LEASE, { headers });
    expect(await alarmsAfter(end)).toEqual(NO_ALARMS);
  });

  it('a lease that an operator ended is none', async () => {
    const end = (app: AppClient) => app.ask('POST', `${JOB}/pause?force=true`);
    expect(await alarmsAfter(end)).toEqual(NO_ALARMS);
  });

  it('a lease that ended with its job is none', async () => {
    const end = (app: AppClient, held: Held) => update(app, 1, 'completed', held);
    expect(await alarmsAfter(end)).toEqual(NO_ALARMS);
  });

  it('a holder that stays dead is none', async () => {
    const { app } = await openLate(100, swept);
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ false_alarms: null });
  });

  it('a forged token is none', async () => {
    const { app, held } = await openLate(3, swept);
    const headers = { 'Lease-Token': held.token.replace(/.$/, 'Z') };
    const lost = await app.ask('PUT', LEASE, { headers });
    expect(lost.json).not.toHaveProperty('late_seconds');
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ false_alarms: NO_ALARMS });
  });
});
