import { describe, expect, it } from 'vitest';
import { readTokenFlags } from '../../functions/cli/access/token-flags.ts';
import { frozenClock } from '../support/clock.ts';

// It is 2026-03-04T05:06:07Z.
const NOW = frozenClock().now();

describe('readTokenFlags()', () => {
  it.each([
    ['work', {}],
    ['read', { scope: 'read' }],
  ])('requests a token of scope %s, without a name or an expiry, by %j', (scope, flags) => {
    expect(readTokenFlags(flags, NOW)).toEqual({
      scope,
      name: null,
      prefix: '',
      expiresAt: null,
    });
  });

  it('requests a name and a prefix', () => {
    const flags = { scope: 'read', name: 'ci.2', prefix: 'team a/' };
    expect(readTokenFlags(flags, NOW)).toMatchObject({ name: 'ci.2', prefix: 'team a/' });
  });

  it.each([
    [{ expires: '2026-03-05' }, '2026-03-05T00:00:00Z'],
    [{ expires: '2026-03-04T05:06:08Z' }, '2026-03-04T05:06:08Z'],
    [{ days: '90' }, '2026-06-02T05:06:07Z'],
    [{ days: '1' }, '2026-03-05T05:06:07Z'],
  ])('reads the expiry of %j', (flags, expiresAt) => {
    expect(readTokenFlags({ scope: 'read', ...flags }, NOW)).toMatchObject({ expiresAt });
  });

  it('counts days in whole seconds, because entries have no fractions', () => {
    const clock = frozenClock();
    clock.advance(999);
    const ask = readTokenFlags({ scope: 'read', days: '1' }, clock.now());
    expect(ask).toMatchObject({ expiresAt: '2026-03-05T05:06:07Z' });
  });

  it.each([
    ['--scope', { scope: 'root' }],
    ['--prefix', { scope: 'read', prefix: 'a,b' }],
    ['--prefix', { scope: 'read', prefix: 'a\nb' }],
    ['--prefix', { scope: 'read', prefix: ' a' }],
    ['--prefix', { scope: 'read', prefix: 'a ' }],
    ['--name', { scope: 'read', name: 'a b' }],
    ['--name', { scope: 'read', name: '' }],
    ['--name', { scope: 'read', name: 'x'.repeat(65) }],
    ['--expires', { scope: 'read', expires: '2026-02-30' }],
    ['--expires', { scope: 'read', expires: '2026-03-04' }],
    ['--expires', { scope: 'read', expires: '2026-03-04T05:06:07Z' }],
    ['--expires', { scope: 'read', expires: 'never' }],
    ['--days', { scope: 'read', days: '0' }],
    ['--days', { scope: 'read', days: '1.5' }],
    ['--days', { scope: 'read', days: '36501' }],
    ['--days', { scope: 'read', days: '1', expires: '2027-01-31' }],
  ])('reports an error for %s in %j', (flag, flags) => {
    expect(readTokenFlags(flags, NOW)).toEqual(expect.stringContaining(flag));
  });
});
