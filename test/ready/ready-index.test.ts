import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import { createReadyIndex, type ReadyIndex } from '../../lib/ready/ready-index.ts';
import { frozenClock } from '../support/clock.ts';

const ONE = '111111111111';
const TWO = '222222222222';
const ANY = { nameHash: null, safePrefix: '' };

function keyOf(second: number, name: string | null, job: string): string {
  const hash = name === null ? '' : `.${name}`;
  return `ready/20260304T0506${String(second).padStart(2, '0')}.000000Z${hash}~${job}`;
}

function open(...keys: readonly string[]) {
  const clock = frozenClock();
  const index = createReadyIndex(clock);
  for (const key of keys) index.add(key);
  return { clock, index };
}

function takeAll(index: ReadyIndex, filter: Parameters<ReadyIndex['take']>[0]): string[] {
  const jobs: string[] = [];
  for (let hint = index.take(filter); hint !== null; hint = index.take(filter)) {
    jobs.push(hint.jobKey.slice('jobs/'.length, -'.json'.length));
  }
  return jobs;
}

describe('take()', () => {
  const keys = [
    keyOf(3, ONE, 'c'),
    keyOf(1, TWO, 'a'),
    keyOf(4, null, 'd'),
    keyOf(2, ONE, 'b'),
    keyOf(5, ONE, 'e'),
  ];

  it('gives the oldest first, over all names', () => {
    expect(takeAll(open(...keys).index, ANY)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('gives hints of one name, and those without a hash, in order', () => {
    const filter = { nameHash: ONE, safePrefix: '' };
    const { index } = open(...keys);
    expect(takeAll(index, filter)).toEqual(['b', 'c', 'd', 'e']);
    expect([index.has(filter), index.has(ANY)]).toEqual([false, true]);
  });

  it('gives hints of jobs with one prefix, also such that come and go after its first use', () => {
    const filter = { nameHash: null, safePrefix: 'x-' };
    const { index } = open(...keys, keyOf(9, ONE, 'x-1'), keyOf(8, TWO, 'x-2'));
    expect(index.take(filter)?.jobKey).toBe('jobs/x-2.json');
    index.add(keyOf(7, TWO, 'x-3'));
    index.remove(keyOf(9, ONE, 'x-1'));
    index.add(keyOf(6, TWO, 'y-3'));
    expect(takeAll(index, filter)).toEqual(['x-3']);
  });

  it('gives hints of one name and one prefix', () => {
    const { index } = open(keyOf(1, ONE, 'x-1'), keyOf(2, TWO, 'x-2'), keyOf(3, TWO, 'y-3'));
    expect(takeAll(index, { nameHash: TWO, safePrefix: 'x-' })).toEqual(['x-2']);
  });

  it('gives right hints to more prefixes than have a shelf of their own', () => {
    const prefixes = Array.from({ length: 120 }, (_, at) => `p${at}-`);
    const { index } = open(...prefixes.map(prefix => keyOf(1, ONE, `${prefix}job`)));
    const filters = prefixes.map(safePrefix => ({ nameHash: null, safePrefix }));
    expect(filters.every(filter => index.has(filter))).toBe(true);
    for (const prefix of prefixes) index.add(keyOf(2, ONE, `${prefix}new`));
    expect(filters.map(filter => takeAll(index, filter))).toEqual(
      prefixes.map(prefix => [`${prefix}job`, `${prefix}new`]),
    );
  });

  it('gives no key that is not a hint', () => {
    expect(open('ready/README').index.take(ANY)).toBeNull();
  });
});

describe('a taken hint', () => {
  const key = keyOf(1, ONE, 'a');

  it('is given to nobody else until it is given back', () => {
    const { index } = open(key, keyOf(2, ONE, 'b'));
    index.take(ANY);
    index.add(key);
    expect(takeAll(index, ANY)).toEqual(['b']);
    index.giveBack(key, null);
    expect(takeAll(index, ANY)).toEqual(['a']);
  });

  it('does not come back if it was removed', () => {
    const { index } = open(key);
    index.take(ANY);
    index.remove(key);
    index.giveBack(key, null);
    expect(index.has(ANY)).toBe(false);
  });

  it('that was removed comes back if it is added again', () => {
    const { index } = open(key);
    index.take(ANY);
    index.remove(key);
    index.add(key);
    expect(takeAll(index, ANY)).toEqual(['a']);
  });
});

describe('a delayed hint', () => {
  const key = keyOf(1, ONE, 'a');
  const until = '2026-03-04T05:06:10Z' as Timestamp;

  it('is available again when its delay is over', () => {
    const { clock, index } = open(key);
    index.take(ANY);
    index.giveBack(key, until);
    expect([index.has(ANY), index.nextDue()]).toEqual([false, 1_772_600_770_000_000n]);
    clock.advance(2_999);
    expect(index.has(ANY)).toBe(false);
    clock.advance(1);
    expect([index.has(ANY), index.nextDue()]).toEqual([true, null]);
  });

  it('is available again when the clock was set back', () => {
    const { clock, index } = open(key);
    index.take(ANY);
    index.giveBack(key, until);
    clock.advance(-3_600_000);
    expect(index.has(ANY)).toBe(true);
  });

  it('does not come back if it is removed', () => {
    const { clock, index } = open(key);
    index.take(ANY);
    index.giveBack(key, until);
    index.remove(key);
    clock.advance(10_000);
    expect(index.has(ANY)).toBe(false);
  });
});

describe('others()', () => {
  it('gives hints of other names behind a key, and then from the start', () => {
    const filter = { nameHash: ONE, safePrefix: '' };
    const keys = ['a', 'b', 'c', 'd'].map((job, at) => keyOf(at, TWO, job));
    const { index } = open(...keys, keyOf(1, ONE, 'one'), keyOf(2, null, 'nameless'));
    const jobs = (after: string, limit: number) =>
      index.others(filter, after, limit).map(({ jobKey }) => jobKey);
    expect(jobs('', 2)).toEqual(['jobs/a.json', 'jobs/b.json']);
    expect(jobs(keys[1] ?? '', 3)).toEqual(['jobs/c.json', 'jobs/d.json', 'jobs/a.json']);
    expect(jobs(keys[3] ?? '', 9)).toHaveLength(4);
  });
});
