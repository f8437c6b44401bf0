import type { HeldLease } from '../../lib/worker.ts';

/** What the service says of a job, with the members that a test cares about. */
export function aJob(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    job_id: 'job-1',
    job_name: 'A job',
    status: 'running',
    total_sheets: 3,
    last_completed_sheet: 0,
    error_message: null,
    sheets: {},
    ...overrides,
  };
}

/** A job of three sheets that is completed, the second one skipped. */
export function aCompletedJob(
  overrides: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return aJob({
    status: 'completed',
    dalsegno: { epoch: 2, lease: null },
    sheets: { '1': aSheet(1), '2': aSheet(2, 'skipped'), '3': aSheet(3) },
    ...overrides,
  });
}

function aSheet(sheet_num: number, status = 'completed'): Record<string, unknown> {
  return { sheet_num, status, attempt_count: 4, stdout_tail: null, stderr_tail: null };
}

export function aLease(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    job_id: 'job-1',
    lease_id: 'lease-1',
    epoch: 2,
    holder: 'w-1',
    ttl_seconds: 60,
    acquired_at: '2026-03-04T05:06:07Z',
    renewed_at: '2026-03-04T05:06:07Z',
    expires_at: '2026-03-04T05:07:07Z',
    renewals: 0,
    progress: null,
    requested: null,
    ...overrides,
  };
}

const times = {
  server_time: '2026-03-04T05:06:07.500000Z',
  expires_at: '2026-03-04T05:07:07Z',
  renew_after_ms: 20_000,
};

export function aGrant(): Record<string, unknown> {
  return { lease: aLease(), token: 'token-1', next_sheet: 1, state: aJob(), ...times };
}

export function aRenewal(): Record<string, unknown> {
  return { lease: aLease({ renewals: 1 }), requested: null, ...times };
}

export function anUpdate(
  overrides: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    job_id: 'job-1',
    status: 'running',
    sheet: 1,
    next_sheet: 2,
    progress: [1, 3],
    ...overrides,
  };
}

export const held: HeldLease = { jobId: 'job-1', epoch: 2, token: 'token-1' };
