import { describe, expect, it } from 'vitest';
import { createMissedRenewals } from '../../lib/availability/missed-renewals.ts';
import { createReportedAvailability } from '../../lib/availability/reported.ts';
import { afterNoon, aLease, NOON } from '../support/lease.ts';

const NOON_MS = Date.parse(NOON);
const KEY = 'leases/job-1.a.json';

function graceEndOf(interruptedAtMs: number | null, atMs: number, renewedAtMs = 0) {
  const availability = createReportedAvailability({
    interruptedAtMs: () => interruptedAtMs,
    missed: createMissedRenewals(),
  });
  const lease = aLease({ renewed_at: afterNoon(renewedAtMs) });
  return availability
    .getReachability(afterNoon(atMs))
    .then(reachability => reachability.graceEndOf(KEY, lease));
}

describe('createReportedAvailability()', () => {
  it('ends a lease exactly where nothing was lost', async () => {
    expect(await graceEndOf(null, 60_001)).toBeNull();
  });

  it('gives a lease one ttl from the time at which renewals may have been lost, once', async () => {
    expect(await graceEndOf(NOON_MS + 50_000, 60_001)).toBe('2026-03-04T12:01:50Z');
    expect(await graceEndOf(NOON_MS + 50_000, 110_000)).toBeNull();
  });

  it('gives nothing to a lease that was renewed since', async () => {
    expect(await graceEndOf(NOON_MS + 1_000, 62_001, 2_000)).toBeNull();
  });

  it('gives nothing for a time in the future: the clock was set back', async () => {
    expect(await graceEndOf(NOON_MS + 86_400_000, 60_001)).toBeNull();
  });

  it('gives one ttl to the lease alone whose renewal failed in the store', async () => {
    const availability = createReportedAvailability({
      interruptedAtMs: () => null,
      missed: createMissedRenewals(),
    });
    availability.recordMissedRenewal(KEY, afterNoon(30_000));
    const reachability = await availability.getReachability(afterNoon(60_001));
    expect(reachability.graceEndOf(KEY, aLease())).toBe('2026-03-04T12:01:30Z');
    expect(reachability.graceEndOf('leases/job-2.a.json', aLease())).toBeNull();
  });
});
