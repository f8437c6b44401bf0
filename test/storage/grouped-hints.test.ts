import { describe, expect, it } from 'vitest';
import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { aState } from '../support/state.ts';
import { answersOf, COMPLETED, codesOf, STARTED, TARGET } from './grouped-job.ts';

async function waiting(overrides: Readonly<Record<string, unknown>> = {}) {
  const store = createMemoryStore();
  const clock = frozenClock();
  const app = openApp({ store, clock });
  await app.create({ ...overrides });
  clock.advance(1000);
  return { store, clock, app };
}

/** By anybody: nobody holds the job. */
function update(app: AppClient, sheet: number, sent: Readonly<Record<string, unknown>>) {
  return app.repository.jobs.update(TARGET, sheet, {
    update: SheetUpdate.parse(sent),
    token: null,
    precondition: { kind: 'none' },
  });
}

function save(app: AppClient, overrides: Readonly<Record<string, unknown>>) {
  const body = new TextEncoder().encode(JSON.stringify(aState(overrides)));
  return app.repository.jobs.save(TARGET, body, { precondition: { kind: 'any' }, token: null });
}

async function hints(store: ReturnType<typeof createMemoryStore>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('ready/')) keys.push(key);
  return keys;
}

describe('the hint of a job that several changes of one save leave', () => {
  it('is gone if they end with a job that runs', async () => {
    const { store, app } = await waiting();
    answersOf(await Promise.all([update(app, 1, STARTED), update(app, 1, COMPLETED)]));
    expect(await hints(store)).toEqual([]);
  });

  it('is a new one if the job runs and then waits again', async () => {
    const { store, app } = await waiting();
    const [before] = await hints(store);
    // The save parses its body first, so the updates are queued while the first of them is written.
    const results = await Promise.all([
      update(app, 1, STARTED),
      update(app, 1, COMPLETED),
      save(app, { status: 'pending' }),
    ]);
    expect(codesOf(results)).toEqual(['ok', 'ok', 'ok']);
    const after = await hints(store);
    expect(after).toHaveLength(1);
    expect(after[0]).not.toBe(before);
    const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'w' } });
    expect(claimed.status).toBe(201);
    expect(await hints(store)).toEqual([]);
  });

  it('is that of its new name if it was renamed before', async () => {
    const { store, app, clock } = await waiting({ total_sheets: 5 });
    expect((await save(app, { total_sheets: 5, job_name: 'Another' })).ok).toBe(true);
    clock.advance(1000);
    const skipped = { status: 'skipped' };
    answersOf(await Promise.all([1, 2, 3].map(sheet => update(app, sheet, skipped))));
    const leased = await app.ask('POST', '/v1/jobs/job-1/lease', { json: { holder: 'w' } });
    expect(leased.status).toBe(201);
    expect(await hints(store)).toEqual([]);
  });
});
