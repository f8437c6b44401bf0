import { describe, expect, it } from 'vitest';
import { isAlphanumeric } from '../../lib/keys/alphanumeric.ts';
import { safeName } from '../../lib/keys/job-id.ts';
import { alphanumericRanges, names } from './recording.ts';

describe('isAlphanumeric()', () => {
  it('agrees with the recorded ranges on every code point', () => {
    const expected = new Set<number>();
    for (const [first, last] of alphanumericRanges) {
      for (let code = first; code <= last; code++) expected.add(code);
    }
    const wrong: number[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      if (isAlphanumeric(code) !== expected.has(code)) wrong.push(code);
    }
    expect(wrong).toEqual([]);
  });
});

describe('safeName()', () => {
  it.each(Object.entries(names))('%j becomes %j', (jobId, name) => {
    expect(`${safeName(jobId)}.json`).toBe(name);
  });
});
