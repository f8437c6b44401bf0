import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutBounds } from '../../lib/json/layout-bounds.ts';
import { outlineOf } from '../../lib/json/outline.ts';

describe('layoutBounds()', () => {
  it('never has less than the outline counts', () => {
    const indent = fc.constantFrom(0, 1, 2);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), indent, (value, spaces) => {
        const text = JSON.stringify(value, null, spaces);
        const bounds = layoutBounds(text, { start: 0, end: text.length, depth: 0 });
        const { values, indentation } = outlineOf(text);
        expect(bounds.values).toBeGreaterThanOrEqual(values);
        expect(bounds.indentation).toBeGreaterThanOrEqual(indentation);
      }),
      { seed: 11, numRuns: 1000 },
    );
  });

  it('counts the depth around the part, and no depth for empty containers', () => {
    const text = '[[],{},1]';
    const bounds = layoutBounds(text, { start: 0, end: text.length, depth: 2 });
    expect(bounds).toEqual({ values: 6, indentation: 6 * (1 + 2 * 3) });
  });
});
