import { describe, expect, it } from 'vitest';
import { createUnchanged } from '../../lib/live/unchanged.ts';
import { manualAlarm } from '../storage/manual-alarm.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { afterNoon, NOON } from '../support/lease.ts';
import { acquire, beat } from '../support/leasing.ts';
import { runtime } from '../support/runtime.ts';

const MICROS = Date.parse(NOON) * 1000;
const VALIDITY = { revisions: [1, 2], at: MICROS, until: MICROS + 10_000_000 };

describe('find()', () => {
  it.each([
    { revisions: [1, 2], now: NOON, found: 't' },
    { revisions: [1, 2], now: afterNoon(9_999), found: 't' },
    { revisions: [1, 2], now: afterNoon(10_000), found: null },
    { revisions: [1, 2], now: afterNoon(-1), found: null },
    { revisions: [1, 3], now: NOON, found: null },
  ])('returns $found with the revisions $revisions at $now', ({ revisions, now, found }) => {
    const tags = createUnchanged<string>();
    tags.record('list', 't', VALIDITY);
    expect(tags.find('list', revisions, now)).toBe(found);
    expect(tags.find('other', revisions, now)).toBeNull();
  });

  it('returns no tag of the oldest of very many lists', () => {
    const tags = createUnchanged<string>();
    for (let index = 0; index < 5_000; index += 1)
      tags.record(`list ${index}`.repeat(30), 't', VALIDITY);
    expect(tags.find('list 0'.repeat(30), VALIDITY.revisions, NOON)).toBeNull();
    expect(tags.find('list 4999'.repeat(30), VALIDITY.revisions, NOON)).toBe('t');
  });
});

describe('an open list', () => {
  const QUERY = { limit: 50, cursor: null };

  async function openHeld() {
    const clock = frozenClock();
    // Nothing tells whether lists by place have changed.
    const store = { ...runtime.openStore(), ordered: null };
    const app = openApp({ store, clock, alarm: manualAlarm(clock).alarm });
    await app.create();
    const held = await acquire(app);
    const { jobs } = app.repository;
    const known = async () => (await jobs.openList(QUERY, 'live')).knownTag;
    const make = async () => {
      const listing = await jobs.openList(QUERY, 'live');
      await listing.page();
      listing.remember('t');
    };
    return { app, clock, held, known, make };
  }

  it('knows the tag of an unchanged list', async () => {
    const { clock, known, make } = await openHeld();
    expect(await known()).toBeNull();
    await make();
    clock.advance(39_000);
    expect(await known()).toBe('t');
  });

  it('does not know it when a lease may have become overdue', async () => {
    const { clock, known, make } = await openHeld();
    await make();
    clock.advance(40_000);
    expect(await known()).toBeNull();
  });

  it('does not know it right behind the moment at which a lease becomes overdue', async () => {
    const { clock, known, make } = await openHeld();
    clock.advance(40_000);
    await make();
    clock.advance(1);
    expect(await known()).toBeNull();
  });

  it('does not know it after a renewal that is only in memory', async () => {
    const { app, clock, held, known, make } = await openHeld();
    await make();
    clock.advance(1_000);
    await beat(app, held);
    expect(await known()).toBeNull();
  });

  it('does not know it after a change of a job', async () => {
    const { app, known, make } = await openHeld();
    await make();
    await app.create({ job_id: 'job-2' });
    expect(await known()).toBeNull();
  });

  it('does not know it while a lease has expired', async () => {
    const { clock, known, make } = await openHeld();
    clock.advance(60_000);
    await make();
    expect(await known()).toBeNull();
  });
});
