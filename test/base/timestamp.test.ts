import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromUnixMicros,
  instantKey,
  strictlyAfter,
  type Timestamp,
  toUnixMicros,
} from '../../lib/base/timestamp.ts';
import { Time } from '../../lib/schema/timestamp.ts';

function time(input: unknown): Timestamp {
  return Time.parse(input);
}

describe('Time', () => {
  it.each([
    ['2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'],
    ['2025-01-01 12:30', '2025-01-01T12:30:00'],
    ['2025-01-01_12:30:01.5-0330', '2025-01-01T12:30:01.500000-03:30'],
    ['2025-01-01T00:00:00.9999999z', '2025-01-01T00:00:00.999999Z'],
    ['2025-01-01T00:00:00\u221202:00', '2025-01-01T00:00:00-02:00'],
    ['2024-02-29', '2024-02-29T00:00:00'],
    ['20250101', '1970-08-23T09:01:41Z'],
    ['1735689600.1234567', '2025-01-01T00:00:00.123457Z'],
    [1735689600123, '2025-01-01T00:00:00.123000Z'],
    [20_000_000_000, '2603-10-11T11:33:20Z'],
    [20_000_000_001, '1970-08-20T11:33:20.001000Z'],
    // What pydantic makes of negative fractions, and of the same number as text.
    [-1.25, '1969-12-31T23:59:58.250000Z'],
    ['-1.25', '1969-12-31T23:59:58.750000Z'],
    [-62_135_596_800_000, '0001-01-01T00:00:00Z'],
    [253_402_300_799_999, '9999-12-31T23:59:59.999000Z'],
  ])('%j is the time %s', (input, expected) => {
    expect(time(input)).toBe(expected);
  });

  it.each([
    ['yesterday'],
    [''],
    ['2025-13-01'],
    ['2025-02-29'],
    ['2025-01-01T24:00:00Z'],
    ['2025-01-01T23:59:60Z'],
    ['2025-01-01T00:00:00+24:00'],
    ['2025-01-01Z'],
    [' 2025-01-01T00:00:00Z'],
    ['0000-01-01T00:00:00Z'],
    ['1e9'],
    [253_402_300_800_000],
    [true],
    [null],
    [[]],
  ])('refuses %j', input => {
    expect(Time.safeParse(input).success).toBe(false);
  });
});

describe('strictlyAfter()', () => {
  it('is now when now is later', () => {
    expect(strictlyAfter(time('2025-01-01T00:00:00Z'), time('2025-01-01T00:00:00.000001Z'))).toBe(
      '2025-01-01T00:00:00.000001Z',
    );
  });

  it('is a microsecond later when the clock stops or runs behind', () => {
    const previous = time('2025-01-01T00:00:00.999999Z');
    expect(strictlyAfter(previous, previous)).toBe('2025-01-01T00:00:01Z');
    expect(strictlyAfter(previous, time('2024-01-01T00:00:00Z'))).toBe('2025-01-01T00:00:01Z');
  });

  it('compares instants, whatever the offset', () => {
    const previous = time('2025-01-01T02:00:00+02:00');
    expect(strictlyAfter(previous, time('2025-01-01T00:00:00Z'))).toBe(
      '2025-01-01T00:00:00.000001Z',
    );
  });

  it('is later for times of all forms exactly when their instants are', () => {
    const form = fc
      .tuple(
        fc.constantFrom('2024-12-31T23', '2025-01-01T00', '2025-01-01T01'),
        fc.constantFrom('', '.000001', '.5', '.999999'),
        fc.constantFrom('', 'Z', '+01:00', '-01:00'),
      )
      .map(([hour, fraction, zone]) => time(`${hour}:00:00${fraction}${zone}`));
    fc.assert(
      fc.property(form, form, (previous, now) => {
        const isLater = toUnixMicros(now) > toUnixMicros(previous);
        const expected = isLater ? now : fromUnixMicros(toUnixMicros(previous) + 1n);
        expect(strictlyAfter(previous, now)).toBe(expected);
      }),
    );
  });

  it('stays at the last time there is', () => {
    const last = time('9999-12-31T23:59:59.999999Z');
    expect(strictlyAfter(last, time('2025-01-01T00:00:00Z'))).toBe(last);
  });
});

describe('instantKey()', () => {
  it('orders times by instant, not by text', () => {
    const times = [
      '0001-01-01T00:00:00+23:00',
      '1969-12-31T23:59:59.999999Z',
      '2025-01-01T01:00:00+02:00',
      '2025-01-01T00:00:00',
      '2024-12-31T23:30:00-01:00',
      '9999-12-31T23:59:59-23:59',
    ].map(time);
    const keys = times.map(instantKey);
    expect(keys).toEqual(keys.toSorted());
    expect(new Set(keys.map(key => key.length))).toEqual(new Set([18]));
  });
});

describe('toUnixMicros()', () => {
  it('turns what fromUnixMicros() made back into the same number', () => {
    for (const micros of [0n, 1n, -1n, 1_735_689_600_123_456n, -62_135_596_800_000_000n]) {
      const formatted = fromUnixMicros(micros);
      expect(formatted === null ? null : toUnixMicros(formatted)).toBe(micros);
    }
  });

  it('reads texts with and without a fraction alike', () => {
    const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
    fc.assert(
      fc.property(micros, value => {
        const utc = String(fromUnixMicros(value));
        expect(toUnixMicros(time(utc))).toBe(value);
        expect(toUnixMicros(time(utc.replace('Z', '+00:30')))).toBe(value - 1_800_000_000n);
      }),
    );
  });

  it('has no time outside the years 1 to 9999', () => {
    expect(fromUnixMicros(-62_135_596_800_000_001n)).toBeNull();
    expect(fromUnixMicros(253_402_300_800_000_000n)).toBeNull();
  });
});
