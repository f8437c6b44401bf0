import { describe, expect, it } from 'vitest';
import { storedTime, timeOf } from '../../lib/base/stored-time.ts';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import { seededRandom } from '../support/random.ts';

const NUMBERS = [
  '2026-01-02T03:04:05.678901Z',
  '2026-01-02T03:04:05Z',
  '1970-01-01T00:00:00.000001Z',
  '2199-12-31T23:59:59.999999Z',
];
const TEXTS = [
  '2026-01-02T03:04:05.678901+02:00',
  '2026-01-02T03:04:05',
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '2200-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999Z',
];

describe('storedTime()', () => {
  it.each(NUMBERS)('is a number for %s', text => {
    expect(storedTime(text as Timestamp)).toBeTypeOf('number');
  });

  it.each(TEXTS)('stays a text for %s', text => {
    expect(storedTime(text as Timestamp)).toBe(text);
  });

  it('timeOf() gives back every text', () => {
    const random = seededRandom(11);
    const fraction = () => random.fraction();
    const texts = Array.from({ length: 2_000 }, () => {
      const time = new Date(Math.floor(fraction() * Date.UTC(2300, 0, 1))).toISOString();
      const micros = String(Math.floor(fraction() * 1000)).padStart(3, '0');
      return fraction() < 0.1 ? `${time.slice(0, 19)}Z` : `${time.slice(0, 23)}${micros}Z`;
    });
    const canonical = [...NUMBERS, ...TEXTS, ...texts].filter(text => !text.endsWith('.000000Z'));
    expect(canonical.map(text => timeOf(storedTime(text as Timestamp)))).toEqual(canonical);
  });
});
