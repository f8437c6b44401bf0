import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { claimed, JOB, keysOf, load, STATE_KEY, storedText, write } from '../support/leasing.ts';
import { copy } from './stored-places.ts';

async function save(app: AppClient, overrides: Readonly<Record<string, unknown>> = {}) {
  const json = { ...((await load(app)).json as Record<string, unknown>), ...overrides };
  const saved = await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
  expect(saved.status).toBe(200);
}

/** `job-1` has waited longer than `job-2`, and was saved since. */
async function queue(status: 'pending' | 'paused') {
  const clock = frozenClock();
  const store = createMemoryStore();
  const app = openApp({ store, clock });
  await app.create({ status });
  await app.ask('POST', `${JOB}/resume`);
  clock.advance(1000);
  await app.create({ job_id: 'job-2' });
  clock.advance(1000);
  await save(app);
  return { clock, store, app };
}

describe.each(['pending', 'paused'] as const)('copyJobs() of a %s job that waits', status => {
  it('copies its place in the queue', async () => {
    const { clock, store } = await queue(status);
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    const there = openApp({ store: target, clock, seed: 9 });
    expect([await claimed(there), await claimed(there)]).toEqual(['job-1', 'job-2']);
  });

  it('copies the hint of its new name, and no other', async () => {
    const { clock, store, app } = await queue(status);
    await save(app, { job_name: 'Another' });
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    expect(await keysOf(target, 'ready/')).toEqual(await keysOf(store, 'ready/'));
    const there = openApp({ store: target, clock, seed: 9 });
    expect(await claimed(there, { job_name: 'Another' })).toBe('job-1');
  });
});

describe('copyJobs() of a job that another program renamed', () => {
  it('corrects its hint at the target', async () => {
    const { clock, store } = await queue('pending');
    const state = JSON.parse(await storedText(store)) as Record<string, unknown>;
    await write(store, STATE_KEY, JSON.stringify({ ...state, job_name: 'Another' }));
    const inner = createMemoryStore();
    await copy({ source: store, target: inner, clock });
    // On a store with labels, claims trust the hints.
    const target = { ...inner, traits: { ...inner.traits, labels: true } };
    const there = openApp({ store: target, clock, seed: 9 });
    expect(await claimed(there, { job_name: 'Another' })).toBe('job-1');
  });
});
