import { describe, expect, it } from 'vitest';
import { isComplete } from '../../lib/copy/report.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { copy, furnish } from './stored-places.ts';

describe('the second pass', () => {
  it('notices a job that changed after it was read', async () => {
    const { store, clock, app } = await furnish();
    const target = createMemoryStore();
    const busy = whenPut(target, 'jobs/waiting.json', async () => {
      await app.ask('PUT', '/v1/jobs/waiting/sheets/1', { json: { status: 'completed' } });
    });
    const report = await copy({ source: store, target: busy, clock });
    expect(report.changedSince.map(({ key }) => key)).toEqual(['jobs/waiting.json']);
    expect([report.verified, report.expected, isComplete(report)]).toEqual([6, 7, false]);
    const again = await copy({ source: store, target, clock });
    expect(again).toMatchObject({ updated: 1, verified: 7, changedSince: [] });
  });

  it('notices created and deleted jobs', async () => {
    const { store, clock, app } = await furnish();
    const target = createMemoryStore();
    const busy = whenPut(target, 'jobs/waiting.json', async () => {
      await app.create({ job_id: 'a-new-one' });
      await store.delete('jobs/done.json', { kind: 'none' });
    });
    const report = await copy({ source: store, target: busy, clock });
    expect(report.changedSince).toEqual([
      { key: 'jobs/a-new-one.json', reason: expect.stringContaining('created') },
      { key: 'jobs/done.json', reason: expect.stringContaining('gone') },
    ]);
  });

  const faults: readonly [string, (stored: Uint8Array) => Uint8Array | null, string][] = [
    ['loses bytes', stored => stored.slice(0, -1), 'the target has other bytes'],
    ['alters a byte', stored => stored.with(9, 0), 'the target has other bytes'],
    ['loses a body', () => null, 'the target does not have it'],
  ];

  it.each(faults)('catches a target that %s', async (_name, fault, reason) => {
    const { store, clock } = await furnish();
    const inner = createMemoryStore();
    const target: ObjectStore = {
      ...inner,
      async get(key) {
        const object = await inner.get(key);
        const body = key === 'jobs/done.json' && object !== null ? fault(object.body) : undefined;
        if (body === null) return null;
        return object === null || body === undefined
          ? object
          : { ...object, body: new Uint8Array(body) };
      },
    };
    const report = await copy({ source: store, target, clock });
    expect(report.unverified).toEqual([{ key: 'jobs/done.json', reason }]);
    expect([report.verified, report.expected, isComplete(report)]).toEqual([6, 7, false]);
  });

  it('catches a target that loses a hint', async () => {
    const { store, clock } = await furnish();
    const inner = createMemoryStore();
    const target: ObjectStore = {
      ...inner,
      head: async key => (key.startsWith('ready/') ? null : inner.head(key)),
    };
    const report = await copy({ source: store, target, clock });
    expect(report.unverified.map(({ key }) => key)).toEqual([
      'jobs/lapsed.json',
      'jobs/waiting.json',
    ]);
  });

  it('does not count as verified what a late target does not show yet', async () => {
    const { store, clock } = await furnish();
    const inner = createMemoryStore();
    const target: ObjectStore = {
      ...inner,
      traits: { ...inner.traits, compareAndSwap: false, readAfterWrite: false },
      get: async () => null,
      head: async () => null,
    };
    const report = await copy({ source: store, target, clock });
    expect(report).toMatchObject({ targetIsLate: true, copied: 7, verified: 0, expected: 7 });
    expect([report.unverified.length, isComplete(report)]).toEqual([7, false]);
    const later = await copy({ source: store, target: inner, clock });
    expect(later).toMatchObject({ copied: 0, present: 7, verified: 7 });
  });
});

/** A target that runs a change at the source when a key is put. */
function whenPut(inner: ObjectStore, wanted: string, happen: () => Promise<void>): ObjectStore {
  return {
    ...inner,
    async put(key, body, precondition) {
      if (key === wanted) await happen();
      return inner.put(key, body, precondition);
    },
  };
}
