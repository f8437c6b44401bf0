import { describe, expect, it } from 'vitest';
import { addRenewals, deferralWindowOf, mayDefer } from '../../lib/lease/deferred-renewal.ts';
import type { Lease } from '../../lib/lease/lease.ts';
import { renewLease } from '../../lib/lease/rules.ts';
import { afterNoon, aLease } from '../support/lease.ts';

function renewedAt(
  lease: Lease,
  seconds: number,
  beat: { progress?: unknown; ttlSeconds?: number } = {},
): Lease {
  const { progress, ttlSeconds } = beat;
  return renewLease(lease, { progress, ttlSeconds }, afterNoon(seconds * 1000));
}

describe('mayDefer()', () => {
  const stored = aLease();
  const window = deferralWindowOf(stored);

  it.each([
    [0, true],
    [39.999, true],
    [40, true],
    [40.001, false],
    [61, false],
    [-0.001, false],
  ])('of a lease of a minute, renewed after %d seconds: %s', (seconds, expected) => {
    expect(mayDefer({ stored, window }, renewedAt(stored, seconds))).toBe(expected);
  });

  it('is false for a renewal with another ttl', () => {
    expect(mayDefer({ stored, window }, renewedAt(stored, 1, { ttlSeconds: 61 }))).toBe(false);
  });

  it('is false for a stored lease that ends before a third of its ttl, whatever made it so short', () => {
    const short = aLease({ expires_at: afterNoon(2000) });
    const renewed = renewedAt(short, 1);
    expect(mayDefer({ stored: short, window: deferralWindowOf(short) }, renewed)).toBe(false);
  });
});

describe('addRenewals()', () => {
  const since = aLease();
  const renewed = renewedAt(renewedAt(since, 5, { progress: 'half' }), 9);

  it('adds the times, the count and the progress to what another writer changed', () => {
    const found: Lease = { ...since, requested: 'pause' };
    expect(addRenewals(found, { since, renewed })).toEqual({
      ...found,
      renewed_at: renewed.renewed_at,
      expires_at: renewed.expires_at,
      renewals: 2,
      progress: 'half',
      progress_at: afterNoon(5000),
    });
  });

  it('keeps the times and the progress of a later renewal, and adds the count', () => {
    const found = renewedAt(since, 12, { progress: 'more' });
    const early = renewedAt(since, 9);
    expect(addRenewals(found, { since, renewed: early })).toEqual({ ...found, renewals: 2 });
  });

  it('counts the ttl that another writer stored', () => {
    const found = renewedAt(since, 3, { ttlSeconds: 300 });
    const added = addRenewals(found, { since, renewed });
    expect(added).toMatchObject({
      ttl_seconds: 300,
      expires_at: afterNoon(309_000).replace('.000000', ''),
    });
  });

  it('leaves a lease short that another writer made shorter after them', () => {
    const found: Lease = { ...since, expires_at: afterNoon(11_000) };
    expect(addRenewals(found, { since, renewed }).expires_at).toBe(afterNoon(11_000));
  });

  it.each([
    ['has ended', { expired: true }],
    ['is of another grant', { epoch: 2 }],
    ['has another token', { token_sha256: 'f'.repeat(64) }],
  ])('adds nothing to a lease that %s', (_what, overrides) => {
    const found = aLease(overrides);
    expect(addRenewals(found, { since, renewed })).toBe(found);
  });
});
