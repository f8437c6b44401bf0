import { describe, expect, it } from 'vitest';
import { isComplete } from '../../lib/copy/report.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { keysOf, write } from '../support/leasing.ts';
import { copy, furnish } from './stored-places.ts';

describe('copyJobs() where the target has jobs that the source does not have', () => {
  const ONLY_THERE = [{ key: 'jobs/waiting.json', reason: 'the source does not have it' }];

  async function deletedSince() {
    const { store, clock, app } = await furnish();
    const target = createMemoryStore();
    await copy({ source: store, target, clock, held: true });
    await app.ask('DELETE', '/v1/jobs/waiting');
    return { source: store, target, clock, held: true };
  }

  it('reports a job that was deleted at the source between two runs, and keeps it', async () => {
    const options = await deletedSince();
    const report = await copy(options);
    expect([report.onlyThere, isComplete(report)]).toEqual([ONLY_THERE, false]);
    expect(report).toMatchObject({ present: 7, verified: 7, changedSince: [] });
    expect(await keysOf(options.target, 'jobs/waiting')).toEqual(['jobs/waiting.json']);
  });

  it('is complete with `others`', async () => {
    const options = await deletedSince();
    const report = await copy({ ...options, others: true });
    expect([report.onlyThere, isComplete(report)]).toEqual([ONLY_THERE, true]);
  });

  it('skips objects that are not jobs', async () => {
    const { store, clock } = await furnish();
    const target = createMemoryStore();
    await write(target, 'jobs/notes.txt', 'not a job');
    const report = await copy({ source: store, target, clock, held: true });
    expect([report.onlyThere, isComplete(report)]).toEqual([[], true]);
  });

  it('reports a job once that was deleted during the copy', async () => {
    const { store, clock } = await furnish();
    const inner = createMemoryStore();
    const target: typeof inner = {
      ...inner,
      async put(key, body, precondition) {
        if (key === 'jobs/waiting.json') await store.delete('jobs/done.json', { kind: 'none' });
        return inner.put(key, body, precondition);
      },
    };
    const report = await copy({ source: store, target, clock });
    expect(report.changedSince.map(({ key }) => key)).toEqual(['jobs/done.json']);
    expect(report.onlyThere).toEqual([]);
  });
});

describe('copyJobs() of a source without jobs', () => {
  it('is not complete', async () => {
    const clock = frozenClock();
    const target = createMemoryStore();
    await openApp({ store: target, clock }).create({});
    const report = await copy({ source: createMemoryStore(), target, clock });
    expect([report.found, report.stopped, isComplete(report)]).toEqual([0, null, false]);
  });
});
