import { describe, expect, it } from 'vitest';
import { jobLeaseOf, withJobLease } from '../../lib/lease/job-lease.ts';
import { MAX_RECOVERIES, recover } from '../../lib/lease/recovery.ts';
import { applyRequest, grant, handBack, reopen, updateJobLease } from '../../lib/lease/transfer.ts';
import { afterNoon, aHeldJob, aJob, aLease, NOON } from '../support/lease.ts';

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
