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

/** `job-1` waits since before `job-2` does, and was saved since. */
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
  it('brings its place in the queue along', async () => {
    const { clock, store } = await queue(status);
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    const there = openApp({ store: target, clock, seed: 9 });
    expect([await claimed(there), await claimed(there)]).toEqual(['job-1', 'job-2']);
  });

  it('brings the hint of its new name along, and no other', async () => {
    const { clock, store, app } = await queue(status);
    await save(app, { job_name: 'Another' });
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    expect(await keysOf(target, 'ready/')).toEqual(await keysOf(store, 'ready/'));
    const there = openApp({ store: target, clock, seed: 9 });
    expect(await claimed(there, { job_name: 'Another' })).toBe('job-1');
  });
});

describe('copyJobs() of a job that another program gave another name', () => {
  it('puts its hint right at the target', async () => {
    const { clock, store } = await queue('pending');
    const state = JSON.parse(await storedText(store)) as Record<string, unknown>;
    await write(store, STATE_KEY, JSON.stringify({ ...state, job_name: 'Another' }));
    const inner = createMemoryStore();
    await copy({ source: store, target: inner, clock });
    // Where labels are kept claims trust the hints.
    const target = { ...inner, traits: { ...inner.traits, labels: true } };
    const there = openApp({ store: target, clock, seed: 9 });
    expect(await claimed(there, { job_name: 'Another' })).toBe('job-1');
  });
});
