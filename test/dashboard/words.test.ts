import { describe, expect, it } from 'vitest';
import {
  amountText,
  bytesText,
  countText,
  percentOf,
} from '../../functions/dashboard/text/count.ts';
import { agoText, durationText, shortDuration } from '../../functions/dashboard/text/duration.ts';
import { guaranteesIn } from '../../functions/dashboard/text/guarantee.ts';
import { inputText, instantOfInput, millisOf } from '../../functions/dashboard/text/instant.ts';
import { visibleText } from '../../functions/dashboard/text/visible-text.ts';

describe('durationText()', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [432, '0.4 s'],
    [9_960, '10 s'],
    [41_900, '41 s'],
    [61_000, '1 min 1 s'],
    [12_000_000, '3 h 20 min'],
    [36_000_000, '10 h'],
    [90_000_000, '1 d 1 h'],
    [864_000_000, '10 d'],
  ])('says %d ms as %s', (millis, text) => {
    expect(durationText(millis)).toBe(text);
  });
});

describe('shortDuration() and agoText()', () => {
  it('say one unit', () => {
    expect(shortDuration(200_000)).toBe('3 min');
    expect(shortDuration(-1)).toBe('0 s');
    expect(agoText(1_999)).toBe('now');
    expect(agoText(-60_000)).toBe('now');
    expect(agoText(2 * 86_400_000)).toBe('2 d ago');
  });
});

describe('countText()', () => {
  it('groups the digits of counts of any size', () => {
    expect(countText(999)).toBe('999');
    expect(countText(-1234567)).toBe('-1,234,567');
    expect(countText(12345678901234567890n)).toBe('12,345,678,901,234,567,890');
  });
});

describe('amountText()', () => {
  it('knows one from many', () => {
    expect([amountText(0, 'job'), amountText(1, 'job'), amountText(1200, 'job')]).toEqual([
      '0 jobs',
      '1 job',
      '1,200 jobs',
    ]);
  });
});

describe('percentOf()', () => {
  it('is 100 only when all is done', () => {
    expect(percentOf(9_999, 10_000)).toBe(99);
    expect(percentOf(10_000, 10_000)).toBe(100);
    expect(percentOf(999_999_999_999_999_999n, 10n ** 18n)).toBe(99);
  });

  it('is 0 without a total, and stays between 0 and 100', () => {
    expect(percentOf(0, 0)).toBe(0);
    expect(percentOf(7, 3)).toBe(100);
    expect(percentOf(-1, 3)).toBe(0);
  });
});

describe('bytesText()', () => {
  it('has two digits at least where it is short', () => {
    expect([bytesText(512), bytesText(3_400), bytesText(51_200), bytesText(24_000_000)]).toEqual([
      '512 B',
      '3.4 KB',
      '51 KB',
      '24 MB',
    ]);
  });
});

describe('millisOf()', () => {
  it('reads instants with microseconds, and nothing else', () => {
    expect(millisOf('2026-11-28T00:02:42.684999Z')).toBe(Date.UTC(2026, 10, 28, 0, 2, 42, 684));
    expect(millisOf('soon')).toBeNull();
    expect(millisOf(null)).toBeNull();
  });
});

describe('inputText() and instantOfInput()', () => {
  it('bring back a minute', () => {
    const instant = '2026-11-28T10:31:00.000Z';
    expect(instantOfInput(inputText(instant))).toBe(instant);
    expect(instantOfInput('')).toBe('');
    expect(inputText('')).toBe('');
  });
});

describe('visibleText()', () => {
  it('writes what hides or turns a text, and leaves every script and emoji', () => {
    expect(visibleText('\u202egpj.exe\u0000\n')).toBe('\\u202egpj.exe\\u0000\\u000a');
    expect(visibleText('مهمة 👩‍🚀 <b>')).toBe('مهمة 👩‍🚀 <b>');
  });
});

describe('guaranteesIn()', () => {
  it('says what each yes or no means', () => {
    expect(guaranteesIn({ name: 'file', durable: true, readAfterWrite: false })).toEqual([
      {
        name: 'Durable',
        isGiven: true,
        text: 'What is acknowledged survives a crash of the machine',
      },
      {
        name: 'Read after write',
        isGiven: false,
        text: 'Reads and lists may be a minute old or older',
      },
    ]);
  });
});
