import { describe, expect, it } from 'vitest';
import {
  completeSheet,
  failSheet,
  skipSheet,
  startSheet,
} from '../../lib/checkpoint/transitions.ts';
import { writeLayout } from '../../lib/json/writer.ts';
import { jobLeaseOf, withJobLease } from '../../lib/lease/job-lease.ts';
import { keepProgress, keptProgressOf } from '../../lib/lease/kept-progress.ts';
import { renewLease } from '../../lib/lease/rules.ts';
import { updateJobLease } from '../../lib/lease/transfer.ts';
import { afterNoon, aHeldJob, aLease, NOON } from '../support/lease.ts';

const COMPLETION = {
  validationPassed: true,
  validationDetails: null,
  executionDurationSeconds: null,
};
const FAILURE = {
  errorMessage: 'out of paper',
  errorCategory: null,
  errorCode: null,
  exitCode: null,
  exitSignal: null,
  exitReason: null,
  executionDurationSeconds: null,
};

/** A job whose first sheet was started at noon, for the first time. */
function started() {
  return startSheet(aHeldJob(), 1, NOON);
}

/** A lease with this progress, which a heartbeat of one second after noon has reported. */
function reported(progress: unknown, sheet?: number) {
  return renewLease(aLease(), { progress, sheet, ttlSeconds: undefined }, afterNoon(1000));
}

describe('keepProgress()', () => {
  it('keeps what the holder reported of the sheet that runs', () => {
    expect(keptProgressOf(keepProgress(started(), reported({ row: 7 })))).toEqual({
      sheet: 1,
      attempt: 1,
      progress: { row: 7 },
      at: '2026-03-04T12:00:01Z',
    });
  });

  it('keeps nothing of a holder that reported nothing', () => {
    const job = started();
    expect(keepProgress(job, aLease({ renewals: 3 }))).toBe(job);
    expect(keepProgress(job, null)).toBe(job);
  });

  it('keeps what was reported before, if the next holder reported nothing', () => {
    const before = keepProgress(started(), reported('half'));
    const next = keepProgress(startSheet(before, 1, afterNoon(5000)), aLease());
    expect(keptProgressOf(next)).toMatchObject({ progress: 'half', attempt: 1 });
  });

  it('keeps no progress of the sheet before', () => {
    const second = startSheet(
      completeSheet(started(), 1, COMPLETION, afterNoon(2000)),
      2,
      afterNoon(2000),
    );
    expect(keptProgressOf(keepProgress(second, reported('half')))).toBeNull();
    expect(keptProgressOf(keepProgress(second, reported('half', 1)))).toBeNull();
  });

  it('believes a holder that names the sheet, whatever the times are', () => {
    const second = startSheet(
      completeSheet(started(), 1, COMPLETION, afterNoon(2000)),
      2,
      afterNoon(2000),
    );
    expect(keptProgressOf(keepProgress(second, reported('half', 2)))).toMatchObject({ sheet: 2 });
  });

  it('keeps the progress of a sheet that has failed', () => {
    const failed = failSheet(started(), 1, FAILURE, afterNoon(2000));
    expect(keptProgressOf(keepProgress(failed, reported('half')))).toMatchObject({ sheet: 1 });
  });

  it.each([4, 2 ** 40])('keeps nothing of sheet %i, which the job does not have', sheet => {
    expect(keptProgressOf(keepProgress(started(), reported('half', sheet)))).toBeNull();
  });

  it('forgets what was kept of the sheet, if the holder takes it back', () => {
    const before = keepProgress(started(), reported('half'));
    expect(keptProgressOf(keepProgress(before, reported(null)))).toBeNull();
  });

  it('keeps values that need exact texts', () => {
    const progress = JSON.parse('{"10": 1, "2": 0.1, "__proto__": 1e-7, "big": 1e21}') as unknown;
    const kept = keptProgressOf(keepProgress(started(), reported(progress)));
    expect(JSON.parse(writeLayout(kept?.progress, 'null'))).toEqual(progress);
  });

  it('survives changes of the lease data', () => {
    const job = keepProgress(started(), reported('half'));
    const changed = withJobLease(job, { ...jobLeaseOf(job), lease: null, epoch: 9 });
    expect(keptProgressOf(changed)).toMatchObject({ progress: 'half' });
  });
});

describe('updateJobLease()', () => {
  const kept = keepProgress(started(), reported('half'));

  it.each([
    ['completed', completeSheet(kept, 1, COMPLETION, afterNoon(2000))],
    ['skipped', skipSheet(kept, 1, null, afterNoon(2000))],
  ])('forgets the progress of a sheet that is %s', (_, after) => {
    expect(keptProgressOf(updateJobLease(kept, after))).toBeNull();
  });

  it.each([
    ['failed', failSheet(kept, 1, FAILURE, afterNoon(2000))],
    ['started again', startSheet(kept, 1, afterNoon(2000))],
    ['not the one that is completed', completeSheet(kept, 2, COMPLETION, afterNoon(2000))],
  ])('keeps the progress of a sheet that is %s', (_, after) => {
    expect(keptProgressOf(updateJobLease(kept, after))).toMatchObject({ progress: 'half' });
  });
});

describe('keptProgressOf()', () => {
  it.each([
    ['a text'],
    [{ sheet: 1 }],
    [{ sheet: 'x', attempt: 1, progress: 1, at: NOON }],
    [[1]],
    [null],
  ])('is null for %j, which another program wrote', value => {
    const job = Object.assign({ ...aHeldJob() }, { dalsegno: { epoch: 1, progress: value } });
    expect(keptProgressOf(job)).toBeNull();
  });
});
