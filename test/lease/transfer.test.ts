import { describe, expect, it } from 'vitest';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { decodeState } from '../../lib/checkpoint/codec.ts';
import { jobLeaseOf, withJobLease } from '../../lib/lease/job-lease.ts';
import { delayedUntil, MAX_RECOVERIES, recover } from '../../lib/lease/recovery.ts';
import { applyRequest, grant, handBack, reopen, updateJobLease } from '../../lib/lease/transfer.ts';
import { afterNoon, aLease, NOON } from '../support/lease.ts';
import { aState } from '../support/state.ts';

/** A whole state, as a file of that would be read. */
function aJob(overrides: Readonly<Record<string, unknown>> = {}): CheckpointState {
  const body = new TextEncoder().encode(JSON.stringify(aState(overrides)));
  const decoded = decodeState(body, { source: 'file', now: NOON });
  if (!decoded.ok) throw new Error('Cannot make the state of a test');
  return decoded.value;
}

/** A job that was granted at noon; `recoveries` is how often it was recovered before. */
function aHeldJob(recoveries = 0, overrides: Readonly<Record<string, unknown>> = {}) {
  const job = withJobLease(aJob(overrides), {
    epoch: 0,
    recoveries,
    lease: null,
    delay: null,
    created: null,
  });
  return grant(job, aLease(), NOON);
}

const DONE = { 1: { sheet_num: 1, status: 'completed', completed_at: NOON } };

describe('grant()', () => {
  it('grant() makes the job running, started, and the holder’s', () => {
    const job = grant(aJob(), aLease({ epoch: 4 }), afterNoon(1));
    expect(job).toMatchObject({ status: 'running', started_at: afterNoon(1) });
    expect(jobLeaseOf(job)).toEqual({
      epoch: 4,
      delay: null,
      created: null,
      recoveries: 0,
      lease: {
        id: 'a'.repeat(32),
        holder: 'w-1',
        token_sha256: '0'.repeat(64),
        acquired_at: afterNoon(1),
      },
    });
  });

  it('grant() keeps when the job was started, and how often it was recovered', () => {
    const before = withJobLease(aJob({ started_at: NOON }), {
      epoch: 1,
      recoveries: 2,
      lease: null,
      delay: null,
      created: null,
    });
    const job = grant(before, aLease({ epoch: 2 }), afterNoon(1));
    expect(job.started_at).toBe(NOON);
    expect(jobLeaseOf(job).recoveries).toBe(2);
  });

  it('grant() takes back the message of a recovery', () => {
    const job = aJob({ error_message: 'Zombie recovery: x' });
    expect(grant(job, aLease(), NOON).error_message).toBeNull();
  });

  it('grant() keeps any other message', () => {
    const job = aJob({ error_message: 'low on disk' });
    expect(grant(job, aLease(), NOON).error_message).toBe('low on disk');
  });
});

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
    expect(
      delayedUntil({ epoch: 1, recoveries: 0, lease: null, delay, created: null }, NOON),
    ).toBeNull();
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

describe('handBack()', () => {
  it('handBack() pauses a running job and frees it', () => {
    const job = handBack(aHeldJob(1), NOON);
    expect(job).toMatchObject({ status: 'paused', error_message: null });
    expect(jobLeaseOf(job)).toEqual({
      epoch: 1,
      recoveries: 1,
      lease: null,
      delay: null,
      created: null,
    });
  });

  it('handBack() leaves a completed job completed', () => {
    expect(handBack({ ...aHeldJob(), status: 'completed' }, NOON).status).toBe('completed');
  });
});

describe('applyRequest()', () => {
  it.each([
    ['pause', 'paused', null, null],
    ['cancel', 'cancelled', null, NOON],
    ['fail', 'failed', 'because', NOON],
  ] as const)(
    'applyRequest() of %s makes the job %s',
    (request, status, error_message, completed_at) => {
      const job = applyRequest(aHeldJob(), { request, message: 'because', now: NOON });
      expect(job).toMatchObject({ status, error_message, completed_at });
      expect(jobLeaseOf(job).lease).toBeNull();
    },
  );

  it('applyRequest() of fail has a message where none is given', () => {
    const job = applyRequest(aHeldJob(), { request: 'fail', message: null, now: NOON });
    expect(job.error_message).toBe('Failed on request');
  });
});

describe('reopen()', () => {
  it('reopen() leaves a pending job as it is', () => {
    const job = aJob();
    expect(reopen(job)).toBe(job);
  });

  it('reopen() pauses a failed job, clears its error and completion time, and resets its recoveries', () => {
    const failed = recover(aHeldJob(MAX_RECOVERIES - 1), {
      lease: aLease({ renewals: 1 }),
      now: NOON,
      refunds: 0,
    });
    const job = reopen(failed);
    expect(job).toMatchObject({ status: 'paused', error_message: null, completed_at: null });
    expect(jobLeaseOf(job)).toEqual({
      epoch: 1,
      recoveries: 0,
      lease: null,
      delay: null,
      created: null,
    });
  });

  it('reopen() keeps the message of a job that did not fail', () => {
    const job = reopen(aJob({ status: 'paused', error_message: 'low on disk' }));
    expect(job.error_message).toBe('low on disk');
  });
});

describe('updateJobLease()', () => {
  it('updateJobLease() resets the recoveries when a sheet was completed', () => {
    const job = aHeldJob(2);
    const job2 = { ...job, sheets: aJob({ sheets: DONE }).sheets };
    expect(jobLeaseOf(updateJobLease(job, job2)).recoveries).toBe(0);
  });

  it('updateJobLease() goes on counting when none was', () => {
    const job = aHeldJob(2, { sheets: DONE });
    expect(jobLeaseOf(updateJobLease(job, { ...job })).recoveries).toBe(2);
  });

  it('updateJobLease() keeps the lease of a job that runs', () => {
    const job = aHeldJob();
    expect(updateJobLease(job, job)).toBe(job);
  });

  it.each(['pending', 'paused', 'completed', 'failed', 'cancelled'] as const)(
    'updateJobLease() ends the lease of a job that is %s now',
    status => {
      const job = aHeldJob();
      expect(jobLeaseOf(updateJobLease(job, { ...job, status })).lease).toBeNull();
    },
  );
});
