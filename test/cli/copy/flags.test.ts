import { describe, expect, it } from 'vitest';
import { readFlags } from '../../../functions/cli/copy/flags.ts';

describe('readFlags()', () => {
  it.each([
    ['no store', {}, '--from <store> is missing'],
    ['no target', { from: 'file:x' }, '--to <store> is missing'],
    ['a medium that is none', { from: 's3:x', to: 'file:y' }, '--from: Unknown store "s3:x"'],
    ['a place that is none', { from: 'file:x', to: 'r2:here' }, '--to: Unknown store "r2:here"'],
    ['a store without a place', { from: 'file:', to: 'file:y' }, 'Unknown store "file:"'],
  ])('refuses %s', (_name, given, reason) => {
    expect(readFlags(given, {})).toEqual({
      kind: 'refused',
      reason: expect.stringContaining(reason),
    });
  });
});
