import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownText, ownTexts } from '../../lib/base/own-text.ts';
import { captureTail } from '../../lib/checkpoint/output-tail.ts';
import { parseExactly } from '../../lib/json/parser.ts';
import { anyText } from '../base/any-text.ts';
import { growthOf } from '../support/heap.ts';

const LARGE = 1_000_000;
const MANY = 20;
const A_LITTLE = 5_000_000;

/** A text that nothing else holds. */
function largeText(seed: number): string {
  return JSON.parse(JSON.stringify(`${seed}${'x'.repeat(LARGE)}`));
}

describe('ownText()', () => {
  it('gives the same text, lone surrogates included', () => {
    const text = anyText({ maxLength: 3000 });
    const lone = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3000 });
    fc.assert(
      fc.property(text, given => {
        expect(ownText(given)).toBe(given);
      }),
    );
    fc.assert(
      fc.property(lone, units => {
        const given = units.map(unit => String.fromCharCode(unit)).join('');
        expect(ownText(given)).toBe(given);
      }),
    );
  });

  it.each([20, 3000])('releases the text from which %d characters are sliced', async length => {
    const kept: string[] = [];
    const growth = await growthOf(async () => {
      for (let index = 0; index < MANY; index++) {
        kept.push(ownText(largeText(index).slice(100, 100 + length)));
      }
    });
    expect(growth).toBeLessThan(A_LITTLE);
    expect(kept).toHaveLength(MANY);
  });

  it('is needed: a text that is cut out keeps the whole', async () => {
    const kept: string[] = [];
    const growth = await growthOf(async () => {
      for (let index = 0; index < MANY; index++) kept.push(largeText(index).slice(100, 120));
    });
    expect(growth).toBeGreaterThan((MANY * LARGE) / 2);
    expect(kept).toHaveLength(MANY);
  });

  it('is what ownTexts() does with the texts of an object', () => {
    expect(ownTexts({ name: 'a text of some length', count: 1, none: null })).toEqual({
      name: 'a text of some length',
      count: 1,
      none: null,
    });
  });
});

describe('what outlives a large text', () => {
  it('a value that the exact parser reads does not hold the document', async () => {
    const kept: unknown[] = [];
    const growth = await growthOf(async () => {
      for (let index = 0; index < MANY; index++) {
        const text = `{"a": "a text of some length", "9007199254740993": 12345678901234567890, "b": ["${largeText(index)}"], "10": {"a text in a key": 1, "2": 1}}`;
        const parsed = Object(parseExactly(text, { nonFinite: false }));
        kept.push(parsed instanceof Map ? [parsed.get('a'), parsed.get('10')] : null);
      }
    });
    expect(growth).toBeLessThan(A_LITTLE);
    expect(kept).not.toContain(null);
  });

  it('the tail of an output does not hold the output', async () => {
    const kept: (string | null)[] = [];
    const growth = await growthOf(async () => {
      for (let index = 0; index < MANY; index++)
        kept.push(captureTail(largeText(index), 1000).tail);
    });
    expect(growth).toBeLessThan(A_LITTLE);
    expect(kept).toHaveLength(MANY);
  });
});
