import { describe, expect, it } from 'vitest';
import { isComplete } from '../../lib/copy/report.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { createCountingStore } from '../support/counting-store.ts';
import { claimed, keysOf, storedText, write } from '../support/leasing.ts';
import { Died, dyingStore, forgetfulStore } from '../support/steps/dying-store.ts';
import { contentsOf, copy, furnish } from './stored-places.ts';

const STEPS = Array.from({ length: 21 }, (_, index) => index);

describe('copyJobs() after an interruption', () => {
  it.each(STEPS)('finds what is there and continues: put %i', async steps => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    const dying = dyingStore(target, steps);
    const first = copy({ source: store, target: dying.store, clock, held: true });
    await expect(first).rejects.toThrow(Died);
    await expectNothingWrong(target);
    const report = await copy({ source: store, target, clock, held: true });
    const whole = createMemoryStore();
    await copy({ source: store, target: whole, clock, held: true });
    expect(await contentsOf(target)).toEqual(await contentsOf(whole));
    expect([report.verified, isComplete(report)]).toEqual([8, true]);
  });

  it.each(STEPS)('settles a put whose answer was lost: put %i', async step => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    const forgetful = forgetfulStore(target, step + 1);
    await copy({ source: store, target: forgetful.store, clock, held: true });
    const report = await copy({ source: store, target, clock, held: true });
    expect([report.verified, isComplete(report)]).toEqual([8, true]);
  });

  it('puts nothing when everything is there', async () => {
    const { store, clock } = await furnish();
    const counting = createCountingStore(createMemoryStore());
    await copy({ source: store, target: counting.store, clock, held: true });
    counting.takeCalls();
    const report = await copy({ source: store, target: counting.store, clock, held: true });
    expect(counting.takeCalls().filter(({ operation }) => operation === 'put')).toEqual([]);
    expect(report).toMatchObject({ copied: 0, present: 8, verified: 8 });
  });

  it('puts back a hint that was removed before its job was stored', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    for (const key of await keysOf(target, 'ready/')) await target.delete(key, { kind: 'none' });
    await copy({ source: store, target, clock });
    expect(await claimed(openApp({ store: target, clock, seed: 9 }))).not.toBeNull();
  });
});

/** A job that names a lease has it; otherwise it could be taken from a running holder. A waiting job has its hint. */
async function expectNothingWrong(target: ObjectStore): Promise<void> {
  const jobs = await keysOf(target, 'jobs/');
  const leases = (await keysOf(target, 'leases/')).map(key => key.split(/[/.]/)[1]);
  const hints = (await keysOf(target, 'ready/')).map(key => key.split('~')[1]);
  const expiredLeases = await keysOf(target, 'lapses/');
  const has = (name: string) => jobs.includes(`jobs/${name}.json`);
  expect(leases).toEqual(expect.arrayContaining(['held', 'zombie'].filter(has)));
  expect(hints).toEqual(expect.arrayContaining(['waiting', 'lapsed'].filter(has)));
  expect(expiredLeases).toEqual(
    expect.arrayContaining(['lapsed'].filter(has).map(name => `lapses/${name}.json`)),
  );
}

describe('copyJobs() where the target has something else', () => {
  it('keeps it, and reports a conflict', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await write(target, 'jobs/waiting.json', 'something else');
    const report = await copy({ source: store, target, clock });
    expect(report.conflicts).toEqual([
      {
        key: 'jobs/waiting.json',
        reason: expect.stringContaining('another object under this key'),
      },
    ]);
    expect(await storedText(target, 'jobs/waiting.json')).toBe('something else');
    expect([report.copied, report.verified, isComplete(report)]).toEqual([6, 6, false]);
  });

  it('copies neither hints nor leases of a conflict', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await write(target, 'jobs/waiting.json', 'something else');
    await write(target, 'jobs/zombie.json', 'something else');
    await copy({ source: store, target, clock });
    expect((await keysOf(target, 'ready/')).filter(key => key.endsWith('~waiting'))).toEqual([]);
    expect(await keysOf(target, 'leases/')).toEqual([]);
  });

  it('replaces it with `overwrite`', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await write(target, 'jobs/waiting.json', 'something else');
    const report = await copy({ source: store, target, clock, overwrite: true });
    expect(report).toMatchObject({ overwritten: 1, copied: 6, verified: 7, conflicts: [] });
    const same = await storedText(store, 'jobs/waiting.json');
    expect(await storedText(target, 'jobs/waiting.json')).toBe(same);
  });

  it('copies a job again that changed at the source', async () => {
    const { store, clock, app } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock });
    const json = { status: 'completed' };
    await app.ask('PUT', '/v1/jobs/waiting/sheets/1', { json });
    const report = await copy({ source: store, target, clock });
    expect(report).toMatchObject({ updated: 1, present: 6, verified: 7, conflicts: [] });
    const same = await storedText(store, 'jobs/waiting.json');
    expect(await storedText(target, 'jobs/waiting.json')).toBe(same);
  });
});

describe('copyJobs() with a store that fails', () => {
  it('reports one job that the target refuses, and copies the others', async () => {
    const { store, clock } = await furnish();
    const inner = createMemoryStore();
    const target = failing(inner, key => key === 'jobs/done.json');
    const report = await copy({ source: store, target, clock });
    expect(report.failures).toEqual([{ key: 'jobs/done.json', reason: 'The medium failed' }]);
    expect(report).toMatchObject({ copied: 6, verified: 6, stopped: null });
  });

  it('stops with a report when everything fails, and continues later', async () => {
    const { store, clock, app } = await furnish();
    for (let index = 0; index < 30; index++) await app.create({ job_id: `more-${index}` });
    const inner = createMemoryStore();
    let puts = 0;
    const target = failing(inner, () => {
      puts += 1;
      return puts > 12;
    });
    const report = await copy({ source: store, target, clock });
    expect(report.stopped).toBe('The medium failed');
    expect(report.copied).toBeGreaterThan(0);
    expect(report.failures.length).toBeLessThan(20);
    const later = await copy({ source: store, target: inner, clock });
    expect(later).toMatchObject({ present: report.copied, verified: 37, stopped: null });
  });

  it('continues while some jobs are accepted', async () => {
    const { store, clock, app } = await furnish();
    for (let index = 0; index < 40; index++) await app.create({ job_id: `more-${index}` });
    const target = failing(createMemoryStore(), key => /jobs\/more-\d*[02468]\./.test(key));
    const report = await copy({ source: store, target, clock });
    expect([report.stopped, report.failures.length, report.verified]).toEqual([null, 20, 27]);
  });

  it('ends when the source cannot be listed', async () => {
    const { store, clock } = await furnish();
    const source: ObjectStore = {
      ...store,
      list: () => {
        throw new StoreError('The medium failed');
      },
    };
    const report = await copy({ source, target: createMemoryStore(), clock });
    expect([report.stopped, isComplete(report)]).toEqual(['The medium failed', false]);
  });
});

function failing(inner: ObjectStore, fails: (key: string) => boolean): ObjectStore {
  return {
    ...inner,
    async put(key, body, precondition) {
      if (fails(key)) throw new StoreError('The medium failed');
      return inner.put(key, body, precondition);
    },
  };
}
