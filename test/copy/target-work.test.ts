import { describe, expect, it } from 'vitest';
import { isComplete } from '../../lib/copy/report.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  type Held,
  keysOf,
  LEASE,
  storedText,
  update,
  write,
} from '../support/leasing.ts';
import { Died, dyingStore } from '../support/steps/dying-store.ts';
import { copy } from './stored-places.ts';

const KEY = 'jobs/job-1.json';
const RECORD = 'copied/job-1.json';

/** Two stores with a service each, and one job that was copied from here to there. */
async function copiedOnce() {
  const clock = frozenClock();
  const source = createMemoryStore();
  const target = createMemoryStore();
  const here = openApp({ store: source, clock });
  const there = openApp({ store: target, clock, seed: 9 });
  await here.create({ total_sheets: 3 });
  await copy({ source, target, clock });
  clock.advance(1_000);
  return { clock, source, target, here, there };
}

async function goOn(app: AppClient): Promise<void> {
  await update(app, 1, 'in_progress');
}

async function release(app: AppClient, held: Held): Promise<void> {
  await app.ask('DELETE', LEASE, { headers: held.headers });
}

const CONFLICT = [{ key: KEY, reason: expect.stringContaining('no copy put that there') }];
const HELD = [
  { key: KEY, reason: expect.stringMatching(/^held at the target by "T" until 2026-/) },
];

describe('copyJobs() after work at the target', () => {
  const works: readonly [string, (there: AppClient) => Promise<unknown>][] = [
    ['a sheet that failed', there => update(there, 1, 'failed')],
    ['a pause', there => there.ask('POST', '/v1/jobs/job-1/pause')],
    [
      'a sheet that was completed under a lease',
      async there => {
        const held = await acquire(there, { holder: 'T' });
        await update(there, 1, 'completed', held);
        await release(there, held);
      },
    ],
    ['a released lease', async there => release(there, await acquire(there))],
  ];

  it.each(works)('reports %s as a conflict, even after changes at the source', async (_, work) => {
    const { clock, source, target, here, there } = await copiedOnce();
    await work(there);
    clock.advance(1_000);
    for (let round = 0; round < 2; round++) await release(here, await acquire(here));
    await update(here, 1, 'completed');
    const worked = await storedText(target, KEY);
    const report = await copy({ source, target, clock });
    expect([report.conflicts, isComplete(report)]).toEqual([CONFLICT, false]);
    expect(await storedText(target, KEY)).toBe(worked);
  });

  it.each([false, true])('keeps a job held at the target, overwrite: %s', async overwrite => {
    const { clock, source, target, here, there } = await copiedOnce();
    const held = await acquire(there, { holder: 'T', ttl_seconds: 60 });
    for (let round = 0; round < 2; round++) await release(here, await acquire(here));
    const report = await copy({ source, target, clock, overwrite });
    expect([report.heldThere, report.conflicts, isComplete(report)]).toEqual([HELD, [], false]);
    expect((await update(there, 1, 'in_progress', held)).status).toBe(200);
  });

  it('keeps an unreadable job at the target while a lease of it runs', async () => {
    const { clock, source, target, there } = await copiedOnce();
    await acquire(there, { holder: 'T' });
    await write(target, KEY, '{"job_id": "jo');
    const report = await copy({ source, target, clock, overwrite: true });
    expect(report.heldThere).toEqual(HELD);
  });

  it('replaces a job with an expired lease at the target, with `overwrite`', async () => {
    const { clock, source, target, there } = await copiedOnce();
    await acquire(there, { holder: 'T', ttl_seconds: 5 });
    clock.advance(6_000);
    expect(await copy({ source, target, clock })).toMatchObject({ conflicts: CONFLICT });
    const overwritten = await copy({ source, target, clock, overwrite: true });
    expect(overwritten).toMatchObject({ overwritten: 1, verified: 1 });
  });

  it('does not replace a lease that was renewed at the target, even with `overwrite`', async () => {
    const { clock, source, target, here, there } = await copiedOnce();
    const held = await acquire(here, { ttl_seconds: 60 });
    await copy({ source, target, clock, held: true });
    const json = { progress: 'there' };
    await there.ask('PUT', LEASE, { json, headers: held.headers });
    await copy({ source, target, clock, held: true, overwrite: true });
    expect(await storedText(target, held.key)).toContain('"progress":"there"');
  });

  it('updates a held job that changed at the source, because its holder keeps its lease', async () => {
    const { clock, source, target, here, there } = await copiedOnce();
    const held = await acquire(here, { ttl_seconds: 60 });
    await copy({ source, target, clock, held: true });
    await update(here, 1, 'completed', held);
    const report = await copy({ source, target, clock, held: true });
    expect(report).toMatchObject({ updated: 1, heldThere: [], verified: 1 });
    expect((await update(there, 2, 'in_progress', held)).status).toBe(200);
  });

  it('keeps a held job that changed at both stores, even with `overwrite`', async () => {
    const { clock, source, target, here, there } = await copiedOnce();
    const held = await acquire(here, { holder: 'T', ttl_seconds: 60 });
    await copy({ source, target, clock, held: true });
    await update(here, 1, 'failed', held);
    await update(there, 1, 'completed', held);
    const report = await copy({ source, target, clock, held: true, overwrite: true });
    expect(report.heldThere).toEqual(HELD);
  });
});

describe('a copy record', () => {
  it('names the body that was put there, and no other', async () => {
    const { source, target } = await copiedOnce();
    const object = await source.get(KEY);
    const digest = await crypto.subtle.digest('SHA-256', object?.body ?? new Uint8Array());
    const sha256 = Buffer.from(digest).toString('hex');
    expect(JSON.parse(await storedText(target, RECORD))).toEqual({ job: KEY, sha256: [sha256] });
  });

  const lost: readonly [string, (target: ObjectStore) => Promise<unknown>][] = [
    ['is gone', target => target.delete(RECORD, { kind: 'none' })],
    ['is invalid', target => write(target, RECORD, '{"job":')],
    [
      'is of another body',
      target => write(target, RECORD, JSON.stringify({ job: KEY, sha256: [] })),
    ],
  ];

  it.each(lost)('that %s makes a change at the source a conflict', async (_, lose) => {
    const { clock, source, target, here } = await copiedOnce();
    await lose(target);
    await goOn(here);
    expect(await copy({ source, target, clock })).toMatchObject({ conflicts: CONFLICT });
  });

  it('of another job makes a conflict', async () => {
    const { clock, source, target, here } = await copiedOnce();
    const text = await storedText(target, RECORD);
    await write(target, RECORD, text.replace(KEY, 'jobs/job-2.json'));
    await goOn(here);
    expect(await copy({ source, target, clock })).toMatchObject({ conflicts: CONFLICT });
  });

  it('is not needed when the target has the same bytes', async () => {
    const { clock, source, target } = await copiedOnce();
    await target.delete(RECORD, { kind: 'none' });
    const report = await copy({ source, target, clock });
    expect(report).toMatchObject({ present: 1, verified: 1, conflicts: [] });
    expect(await keysOf(target, 'copied/')).toEqual([]);
  });

  it.each([0, 1, 2])('lets a copy continue that died in a replacement: put %i', async steps => {
    const { clock, source, target, here } = await copiedOnce();
    await here.ask('POST', '/v1/jobs/job-1/pause');
    const dying = dyingStore(target, steps);
    await expect(copy({ source, target: dying.store, clock })).rejects.toThrow(Died);
    const report = await copy({ source, target, clock });
    expect([report.conflicts, report.verified, isComplete(report)]).toEqual([[], 1, true]);
  });

  it('does not cover work that was stored between it and its job', async () => {
    const { clock, source, target, here, there } = await copiedOnce();
    await goOn(here);
    await copy({ source, target: refusing(target), clock });
    await update(there, 1, 'failed');
    expect(await copy({ source, target, clock })).toMatchObject({ conflicts: CONFLICT });
  });

  it('does not cover what an overwriting copy was about to replace', async () => {
    const { clock, source, target, there } = await copiedOnce();
    await update(there, 1, 'failed');
    await copy({ source, target: refusing(target), clock, overwrite: true });
    expect(await keysOf(target, 'copied/')).toEqual([RECORD]);
    expect(await copy({ source, target, clock })).toMatchObject({ conflicts: CONFLICT });
  });

  it('covers an unreadable job that is repaired at the source', async () => {
    const { clock, source, target, here } = await copiedOnce();
    const whole = await storedText(source, KEY);
    await here.create({ job_id: 'other' });
    await write(source, 'jobs/other.json', '{"job_id": "ot');
    await copy({ source, target, clock });
    await write(source, 'jobs/other.json', whole.replaceAll('job-1', 'other'));
    expect(await copy({ source, target, clock })).toMatchObject({ updated: 1, conflicts: [] });
  });

  const others: readonly [string, (text: string) => string, string][] = [
    ['of another source', text => text.replace('"A job"', '"B"'), 'another job'],
    ['that cannot be read', text => text.slice(0, 20), 'one that cannot be read'],
  ];

  it.each(others)('does not allow to put a job %s there', async (_, alter, reason) => {
    const { clock, target } = await copiedOnce();
    const source = createMemoryStore();
    await openApp({ store: source, clock }).create({});
    await write(source, KEY, alter(await storedText(source, KEY)));
    const { conflicts } = await copy({ source, target, clock });
    expect(conflicts).toEqual([{ key: KEY, reason: expect.stringContaining(reason) }]);
  });

  it('does not allow to return to an older state', async () => {
    const { clock, source, target, here } = await copiedOnce();
    const older = await storedText(source, KEY);
    await goOn(here);
    await copy({ source, target, clock });
    await write(source, KEY, older);
    const { conflicts } = await copy({ source, target, clock });
    expect(conflicts).toEqual([{ key: KEY, reason: expect.stringContaining('an older state') }]);
  });
});

/** A target on which a copy fails after the copy record. */
function refusing(target: ObjectStore): ObjectStore {
  return {
    ...target,
    async put(key, body, precondition) {
      if (key === KEY) throw new StoreError('The medium failed');
      return target.put(key, body, precondition);
    },
  };
}
