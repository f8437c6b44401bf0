import { describe, expect, it } from 'vitest';
import { jobLeaseOf, withJobLease } from '../../lib/lease/job-lease.ts';
import { delayedUntil, MAX_RECOVERIES, recover } from '../../lib/lease/recovery.ts';
import { grant } from '../../lib/lease/transfer.ts';
import { afterNoon, aHeldJob, aJob, aLease, NOON } from '../support/lease.ts';

describe('recover()', () => {
  it('recover() pauses the job, counts, and names no holder', () => {
    const job = recover(aHeldJob(), {
      lease: aLease({ renewals: 1 }),
      now: afterNoon(60_000),
      refunds: 0,
    });
    expect(job).toMatchObject({
      status: 'paused',
      error_message:
        'Zombie recovery: the lease of "w-1" (epoch 1) expired at 2026-03-04T12:01:00Z; sheet 1 is next',
    });
    expect(jobLeaseOf(job)).toEqual({
      epoch: 1,
      recoveries: 1,
      lease: null,
      delay: null,
      created: null,
    });
  });

  it.each([
    [0, 1],
    [1, 2],
    [5, 32],
    [6, 60],
    [60, 60],
  ])(
    'recover() makes the job wait after a grant that nobody used: %i before, %i s',
    (before, seconds) => {
      const delay = before === 0 ? null : { unused_grants: before, until: NOON };
      const job = withJobLease(aJob(), {
        epoch: 0,
        recoveries: 2,
        lease: null,
        delay,
        created: null,
      });
      const granted = { ...grant(job, aLease(), NOON), updated_at: NOON };
      const recovered = recover(granted, { lease: aLease(), now: afterNoon(61_000), refunds: 0 });
      expect(recovered.status).toBe('paused');
      const jobLease = jobLeaseOf(recovered);
      expect(jobLease).toMatchObject({ recoveries: 2, delay: { unused_grants: before + 1 } });
      expect(delayedUntil(jobLease, afterNoon(60_000 + seconds * 1000 - 1))).not.toBeNull();
      expect(delayedUntil(jobLease, afterNoon(60_000 + seconds * 1000))).toBeNull();
    },
  );

  it('recover() counts a grant whose holder wrote the job and sent no heartbeat', () => {
    const job = recover(
      { ...aHeldJob(), updated_at: afterNoon(1) },
      { lease: aLease(), now: NOON, refunds: 0 },
    );
    expect(jobLeaseOf(job)).toMatchObject({ recoveries: 1, delay: null });
  });

  it('recover() takes back what was a false alarm before it counts', () => {
    const lease = aLease({ renewals: 1 });
    const job = recover(aHeldJob(2), { lease, now: NOON, refunds: 2 });
    expect(job.status).toBe('paused');
    expect(jobLeaseOf(job).recoveries).toBe(1);
  });

  it('delayedUntil() is null where a clock has jumped since', () => {
    const delay = { unused_grants: 1, until: afterNoon(3_600_000) };
    expect(delayedUntil({ delay }, NOON)).toBeNull();
  });

  it(`recover() fails the job with recovery ${MAX_RECOVERIES}`, () => {
    const job = recover(aHeldJob(MAX_RECOVERIES - 1), {
      lease: aLease({ renewals: 1 }),
      now: NOON,
      refunds: 0,
    });
    expect(job).toMatchObject({ status: 'failed', completed_at: NOON });
    expect(jobLeaseOf(job)).toEqual({
      epoch: 1,
      recoveries: MAX_RECOVERIES,
      lease: null,
      delay: null,
      created: null,
    });
  });

  it('recover() says so where the lease cannot be read', () => {
    const { error_message } = recover(aHeldJob(), { lease: null, now: NOON, refunds: 0 });
    expect(error_message).toContain('unreadable or gone');
  });

  it.each(['completed', 'failed', 'cancelled', 'paused', 'pending'] as const)(
    'recover() leaves a job %s that is so already, without the lease',
    status => {
      const job = recover(
        { ...aHeldJob(), status },
        { lease: aLease({ renewals: 1 }), now: NOON, refunds: 0 },
      );
      expect(job.status).toBe(status);
      expect(jobLeaseOf(job)).toEqual({
        epoch: 1,
        recoveries: 0,
        lease: null,
        delay: null,
        created: null,
      });
    },
  );
});
