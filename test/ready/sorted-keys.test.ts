import { describe, expect, it } from 'vitest';
import { compareHintKeys, createSortedKeys } from '../../lib/ready/sorted-keys.ts';
import { seededRandom } from '../support/random.ts';

function keyOf(index: number): string {
  // Several keys for each time, with names in another order than their hashes.
  const micros = String(Math.floor(index / 3)).padStart(6, '0');
  const hash = String(999_999_999_999 - index).padStart(12, '0');
  return `ready/20260304T050607.${micros}Z.${hash}~job-${String(index).padStart(4, '0')}`;
}

describe('createSortedKeys()', () => {
  it('has the keys of any inserts and removes in order', () => {
    const random = seededRandom(11);
    const sorted = createSortedKeys();
    const model = new Set<string>();
    const answers: [boolean, boolean][] = [];
    for (let step = 0; step < 5_000; step += 1) {
      const key = keyOf(Math.floor(random.fraction() * 1_000));
      if (random.fraction() < 0.6) {
        sorted.insert(key);
        model.add(key);
      } else {
        answers.push([sorted.remove(key), model.delete(key)]);
      }
    }
    expect(answers.filter(([own, expected]) => own !== expected)).toEqual([]);
    const expected = [...model].toSorted(compareHintKeys);
    expect(expected.length).toBeGreaterThan(300);
    expect([...sorted.keys()]).toEqual(expected);
    expect([sorted.size, sorted.first()]).toEqual([expected.length, expected[0]]);
    const middle = keyOf(500);
    expect([...sorted.keys(middle)]).toEqual(
      expected.filter(key => compareHintKeys(key, middle) > 0),
    );
  });

  it('is empty when the last key is removed', () => {
    const sorted = createSortedKeys();
    for (let index = 0; index < 600; index += 1) sorted.insert(keyOf(index));
    for (let index = 599; index >= 0; index -= 1) sorted.remove(keyOf(index));
    expect([sorted.size, sorted.first(), [...sorted.keys()]]).toEqual([0, undefined, []]);
  });

  it('orders keys of one time by the names of their jobs, and keys of one job by their text', () => {
    const time = 'ready/20260304T050607.000000Z';
    const keys = [`${time}~c`, `${time}.ffffffffffff~a`, `${time}.000000000000~b`, `${time}~a`];
    expect(keys.toSorted(compareHintKeys)).toEqual([
      `${time}.ffffffffffff~a`,
      `${time}~a`,
      `${time}.000000000000~b`,
      `${time}~c`,
    ]);
  });
});
