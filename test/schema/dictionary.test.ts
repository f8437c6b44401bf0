import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dictionary, entriesOf, withEntry } from '../../lib/schema/dictionary.ts';

const key = fc.oneof(
  fc.nat({ max: 12 }).map(String),
  fc.constantFrom('', 'a', 'b', '01', '-1', '__proto__', '4294967294', '4294967295'),
);

describe('withEntry()', () => {
  it('gives what a dictionary of all entries is, in the same form and order', () => {
    fc.assert(
      fc.property(fc.array(key), key, (keys, added) => {
        const before = new Map(keys.map(name => [name, 0]));
        const expected = dictionary(new Map(before).set(added, 1));
        const actual = withEntry(dictionary(before), added, 1);
        expect(actual instanceof Map).toBe(expected instanceof Map);
        expect([...entriesOf(actual)]).toEqual([...entriesOf(expected)]);
      }),
    );
  });

  it('leaves the dictionary that it is given as it is', () => {
    const before = dictionary(new Map([['1', 0]]));
    withEntry(before, '1', 1);
    withEntry(before, '2', 1);
    expect(before).toEqual({ 1: 0 });
  });
});
