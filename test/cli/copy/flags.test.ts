import { describe, expect, it } from 'vitest';
import { readFlags } from '../../../functions/cli/copy/flags.ts';

describe('readFlags()', () => {
  it.each([
    ['no store', {}, '--from <store> is missing'],
    ['no target', { from: 'file:x' }, '--to <store> is missing'],
    ['a medium that is none', { from: 's4:x', to: 'file:y' }, '--from: Unknown store "s4:x"'],
    [
      'a bucket with credentials in its URL',
      { from: 'file:x', to: 's3://a:b@states' },
      '--to: Credentials do not belong into the URL of a store',
    ],
    ['a place that is none', { from: 'file:x', to: 'r2:here' }, '--to: Unknown store "r2:here"'],
    ['a store without a place', { from: 'file:', to: 'file:y' }, 'Unknown store "file:"'],
  ])('refuses %s', (_name, given, reason) => {
    expect(readFlags(given, {})).toEqual({
      kind: 'refused',
      reason: expect.stringContaining(reason),
    });
  });

  it.each([
    [{ DALSEGNO_TOKEN: 'a' }, { from: 'a', to: 'a' }],
    [
      { DALSEGNO_TOKEN: 'a', DALSEGNO_TO_TOKEN: 'b' },
      { from: 'a', to: 'b' },
    ],
    [
      { DALSEGNO_FROM_TOKEN: 'c', DALSEGNO_TO_TOKEN: '' },
      { from: 'c', to: null },
    ],
  ])('takes the tokens of services from %o', (environment, tokens) => {
    const given = { from: 'service:https://a.example', to: 'service:https://b.example' };
    expect(readFlags(given, environment)).toMatchObject({ kind: 'flags', flags: { tokens } });
  });
});
