import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import {
  createLease,
  endLeaseEarly,
  expiryOf,
  isOverdue,
  isRenewable,
  isRunning,
  renewAfterMs,
  renewLease,
  secondsUntil,
  withRequest,
} from '../../lib/lease/rules.ts';
import { afterNoon, aLease, NOON } from '../support/lease.ts';

const QUIET = { progress: undefined, ttlSeconds: undefined };

describe('createLease()', () => {
  it('createLease() gives a lease that begins now, without renewals or requests', () => {
    const { job_id, lease_id, epoch, holder, token_sha256 } = aLease();
    const named = { job_id, lease_id, epoch, holder, token_sha256 };
    const ask = { ...named, ttl_seconds: 30, request_sha256: null };
    expect(createLease(ask, NOON)).toEqual({
      ...ask,
      acquired_at: NOON,
      renewed_at: NOON,
      expires_at: '2026-03-04T12:00:30Z',
      renewals: 0,
      late_renewals: 0,
      worst_late_seconds: 0,
      progress: null,
      progress_at: null,
      progress_sheet: null,
      requested: null,
      request_message: null,
      requested_by: null,
      expired: false,
      ended_at: null,
    });
  });
});

describe('isRenewable()', () => {
  it('isRenewable() is true long after the expiry, until the lease is set to expired', () => {
    expect(isRenewable(aLease({ expires_at: '1999-01-01T00:00:00Z' as Timestamp }))).toBe(true);
  });

  it('isRenewable() is false of a lease that was ended, whatever the time', () => {
    expect(isRenewable(endLeaseEarly(aLease(), NOON))).toBe(false);
  });
});

describe('isRunning()', () => {
  it.each([
    ['an hour', 3_600_000, true],
    ['two hours', 7_200_000, true],
    ['more than two hours', 7_200_001, false],
    ['a year', 365 * 86_400_000, false],
  ])('isRunning() of a lease that has %s left, because a clock has jumped', (_, ms, runs) => {
    const lease = { ...aLease(), expires_at: afterNoon(ms) };
    expect(isRunning(lease, NOON)).toBe(runs);
  });

  it.each([
    [0, true],
    [59_999, true],
    [60_000, false],
    [60_001, false],
    [-1000, true],
  ])('isRunning() of a lease of a minute, %i ms after its grant, is %s', (milliseconds, runs) => {
    expect(isRunning(aLease(), afterNoon(milliseconds))).toBe(runs);
  });

  it('isRunning() compares instants, not texts', () => {
    const lease = aLease({ expires_at: '2026-03-04T13:00:30+01:00' as Timestamp });
    expect([isRunning(lease, afterNoon(29_999)), isRunning(lease, afterNoon(30_000))]).toEqual([
      true,
      false,
    ]);
  });
});

describe('endLeaseEarly()', () => {
  it('endLeaseEarly() leaves a few seconds to remove the lease from the job, then the job may be taken', () => {
    const lease = endLeaseEarly(aLease(), NOON);
    expect([isRunning(lease, afterNoon(4_999)), isRunning(lease, afterNoon(5_000))]).toEqual([
      true,
      false,
    ]);
  });

  it('endLeaseEarly() makes no lease last longer', () => {
    const lease = endLeaseEarly(aLease(), afterNoon(58_000));
    expect(isRunning(lease, afterNoon(60_000))).toBe(false);
  });

  it('endLeaseEarly() keeps the moment at which the lease was ended first', () => {
    const lease = endLeaseEarly(endLeaseEarly(aLease(), NOON), afterNoon(1_000));
    expect(lease.ended_at).toBe(NOON);
  });
});

describe('renewLease()', () => {
  it('renewLease() counts, and lasts from now on', () => {
    expect(renewLease(aLease({ renewals: 4 }), QUIET, afterNoon(20_000))).toEqual(
      aLease({
        renewals: 5,
        renewed_at: afterNoon(20_000),
        expires_at: '2026-03-04T12:01:20Z' as Timestamp,
      }),
    );
  });

  it('renewLease() counts a renewal after the end as late, and keeps the worst', () => {
    const once = renewLease(aLease(), QUIET, afterNoon(63_500));
    const twice = renewLease(once, QUIET, afterNoon(63_500 + 61_000));
    expect([once, twice]).toMatchObject([
      { late_renewals: 1, worst_late_seconds: 3.5 },
      { late_renewals: 2, worst_late_seconds: 3.5 },
    ]);
  });

  it('renewLease() keeps progress and request if the heartbeat has none', () => {
    const lease = withRequest(aLease({ progress: { done: 1 } }), {
      request: 'pause',
      message: 'why',
      by: null,
    });
    expect(renewLease(lease, QUIET, NOON)).toMatchObject({
      progress: { done: 1 },
      requested: 'pause',
      request_message: 'why',
    });
  });

  it('renewLease() takes null for progress', () => {
    const lease = aLease({ progress: 5 });
    expect(renewLease(lease, { ...QUIET, progress: null }, NOON).progress).toBeNull();
  });

  it('renewLease() takes a new ttl for this renewal and the next ones', () => {
    expect(renewLease(aLease(), { ...QUIET, ttlSeconds: 5 }, NOON)).toMatchObject({
      ttl_seconds: 5,
      expires_at: '2026-03-04T12:00:05Z',
    });
  });

  it('renewLease() leaves the lease it is given as it is', () => {
    const lease = aLease();
    renewLease(lease, { progress: 1, ttlSeconds: 5 }, afterNoon(1));
    expect(lease).toEqual(aLease());
  });
});

describe('the times of a lease', () => {
  it.each([
    [5, 1666],
    [60, 20_000],
    [100, 33_333],
    [3600, 1_200_000],
  ])('renewAfterMs() of %i s is %i ms', (ttl_seconds, milliseconds) => {
    expect(renewAfterMs({ ttl_seconds })).toBe(milliseconds);
  });

  it.each([
    [40_000, false],
    [40_001, true],
  ])(
    'isOverdue() of a lease of a minute, last renewed %i ms ago, is %s',
    (milliseconds, overdue) => {
      expect(isOverdue(aLease(), afterNoon(milliseconds))).toBe(overdue);
    },
  );

  it.each([
    [0, 60],
    [1, 60],
    [1000, 59],
    [59_999, 1],
    [60_000, 1],
    [90_000, 1],
  ])('secondsUntil() %i ms after the grant is %i', (milliseconds, seconds) => {
    expect(secondsUntil(aLease().expires_at, afterNoon(milliseconds))).toBe(seconds);
  });

  it('expiryOf() throws past the year 9999', () => {
    expect(() => expiryOf('9999-12-31T23:59:59Z' as Timestamp, 60)).toThrow(RangeError);
  });
});
