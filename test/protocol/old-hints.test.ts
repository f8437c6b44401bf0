import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import {
  type Client,
  claimed,
  JOB,
  keysOf,
  load,
  STATE_KEY,
  storedText,
  write,
} from '../support/leasing.ts';

interface Stage {
  readonly app: AppClient;
  readonly clock: MovableClock;
}

async function save(app: Client, overrides: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const stored = (await load(app)).json as Record<string, unknown>;
  const json = { ...stored, ...overrides };
  const saved = await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
  expect(saved.status).toBe(200);
}

describe('a hint of an earlier version', () => {
  const OLD = 'ready/20260304T050607.000000Z~job-1';

  async function withOldHint(wait: (stage: Stage) => Promise<unknown>): Promise<Stage> {
    const clock = frozenClock();
    const app = openApp({ clock });
    await wait({ app, clock });
    for (const key of await keysOf(app.store, 'ready/')) {
      await app.store.delete(key, { kind: 'none' });
    }
    await write(app.store, OLD, '');
    clock.advance(1);
    await app.create({ job_id: 'job-2', job_name: 'Another' });
    clock.advance(1);
    return { app, clock };
  }

  const RESUMED = async ({ app }: Stage) => {
    await app.create({ status: 'paused' });
    await app.ask('POST', `${JOB}/resume`);
    // Of the time that the hint has.
    const state = JSON.parse(await storedText(app.store)) as Record<string, unknown>;
    const same = { ...state, updated_at: '2026-03-04T05:06:07Z' };
    await write(app.store, STATE_KEY, JSON.stringify(same));
  };

  describe.each([
    ['pending', ({ app }: Stage) => app.create()],
    ['paused', RESUMED],
  ])('of a job that is %s', (_name, wait) => {
    it('gives the job to any claim, and to one by its name', async () => {
      expect(await claimed((await withOldHint(wait)).app)).toBe('job-1');
      expect(await claimed((await withOldHint(wait)).app, { job_name: 'A job' })).toBe('job-1');
    });

    it('gives the job to no claim by another name', async () => {
      const { app } = await withOldHint(wait);
      expect(await claimed(app, { job_name: 'Another' })).toBe('job-2');
      expect(await claimed(app, { job_name: 'Another' })).toBeNull();
    });

    it('is gone once the job is claimed', async () => {
      const { app } = await withOldHint(wait);
      await claimed(app, { job_name: 'A job' });
      expect(await keysOf(app.store, 'ready/')).toHaveLength(1);
    });

    it('keeps the place of a job that is saved, and given another name', async () => {
      const { app } = await withOldHint(wait);
      await save(app);
      await save(app, { job_name: 'Another' });
      expect(await claimed(app, { job_name: 'Another' })).toBe('job-1');
    });
  });
});
