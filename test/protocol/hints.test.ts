import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, claimed, JOB, keysOf, update, write } from '../support/leasing.ts';

/** Before, at, and after what a job of these tests has for `updated_at`. */
const EARLIER = 'ready/20260304T050606.000000Z~job-1';
const LATER = 'ready/20260304T050707.000000Z~job-1';

const PASSED = [
  ['is paused by an operator', (app: AppClient) => app.ask('POST', `${JOB}/pause`)],
  ['is cancelled', (app: AppClient) => app.ask('POST', `${JOB}/cancel`)],
  ['has failed', (app: AppClient) => app.ask('POST', `${JOB}/fail`)],
  ['is held', (app: AppClient) => acquire(app)],
  ['runs without a lease', (app: AppClient) => update(app, 1, 'in_progress')],
  ['is completed', (app: AppClient) => update(app, 1, 'completed')],
] as const;

describe('a hint of a job that does not wait', () => {
  it.each(PASSED)('is passed over and removed when the job %s', async (_name, make) => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    await make(app);
    await write(app.store, EARLIER, '');
    expect(await claimed(app)).toBeNull();
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it.each(PASSED)('keeps nobody from the next job when the job %s', async (_name, make) => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    await make(app);
    await write(app.store, EARLIER, '');
    await app.create({ job_id: 'job-2' });
    expect(await claimed(app)).toBe('job-2');
  });

  it('is passed over when the job is paused, and paused jobs are what it announced earlier', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await app.ask('POST', `${JOB}/resume`);
    const [hint = ''] = await keysOf(app.store, 'ready/');
    clock.advance(1000);
    await app.ask('POST', `${JOB}/pause`);
    await write(app.store, hint, '');
    expect(await claimed(app)).toBeNull();
  });

  it('is left alone where it is ahead of its job, for the change may be on its way', async () => {
    const app = openApp();
    await app.create();
    await app.ask('POST', `${JOB}/pause`);
    await write(app.store, LATER, '');
    expect(await claimed(app)).toBeNull();
    expect(await keysOf(app.store, 'ready/')).toEqual([LATER]);
  });

  it('is removed where it was ahead of its job for more than an hour', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await app.ask('POST', `${JOB}/pause`);
    await write(app.store, LATER, '');
    clock.advance(3_661_000);
    await claimed(app);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it('is left alone where there is no such job, for it may be on its way', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await write(app.store, LATER, '');
    clock.advance(3_660_000);
    expect(await claimed(app)).toBeNull();
    expect(await keysOf(app.store, 'ready/')).toEqual([LATER]);
  });

  it('is removed once it is an hour old, where there is no such job', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await write(app.store, LATER, '');
    clock.advance(3_660_001);
    await claimed(app);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it('keeps nobody from the next job where its own is corrupt', async () => {
    const app = openApp();
    await write(app.store, EARLIER, '');
    await write(app.store, 'jobs/job-1.json', '{');
    await app.create({ job_id: 'job-2' });
    expect(await claimed(app)).toBe('job-2');
  });

  it.each(['ready/x', 'ready/20260304T050606.000000Z~', 'ready/20260304~job-1'])(
    '%s is no hint, and in nobody’s way',
    async key => {
      const app = openApp();
      await write(app.store, key, '');
      await app.create();
      expect(await claimed(app)).toBe('job-1');
    },
  );
});

describe('a hint of a job that waits', () => {
  it('is enough for a pending job, whenever it was written', async () => {
    const app = openApp();
    await app.create();
    const [hint = ''] = await keysOf(app.store, 'ready/');
    await app.store.delete(hint, { kind: 'none' });
    await write(app.store, EARLIER, '');
    expect(await claimed(app)).toBe('job-1');
  });

  it('several of one job give it once', async () => {
    const app = openApp();
    await app.create();
    await write(app.store, EARLIER, '');
    await write(app.store, LATER, '');
    expect([await claimed(app), await claimed(app)]).toEqual(['job-1', null]);
  });

  it('there are as many as jobs that wait, whatever is done with them', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await update(app, 1, 'completed');
    clock.advance(1000);
    await update(app, 2, 'completed');
    await app.ask('POST', `${JOB}/pause`);
    await app.ask('POST', `${JOB}/resume`);
    await app.ask('POST', `${JOB}/resume`);
    expect(await keysOf(app.store, 'ready/')).toHaveLength(1);
  });

  it('more than a page that are stale keep nobody from the job behind them', async () => {
    const app = openApp();
    await app.create({ job_id: 'done', status: 'completed' });
    const stale = Array.from({ length: 1100 }, (_, index) => {
      const micros = String(index).padStart(6, '0');
      return write(app.store, `ready/20260101T000000.${micros}Z~done`, '');
    });
    await Promise.all(stale);
    await app.create();
    expect(await claimed(app)).toBe('job-1');
  });
});
