import type { SweepReport } from '../../lib/sweep/report.ts';
import type { AppClient } from '../support/app.ts';
import { acquire } from '../support/leasing.ts';

/** The report of a sweep that found nothing. */
export const NOTHING: SweepReport = {
  examined: 0,
  recovered: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
  errors: 0,
  faults: [],
  false_alarms: { count: 0, worst_late_seconds: 0 },
  late_renewals: { count: 0, worst_late_seconds: 0 },
  cursor: null,
};

/** Leases so many jobs for a minute, `job-1` and on; their lease objects' keys, in order. */
export async function acquireMany(app: AppClient, count: number): Promise<string[]> {
  for (let number = 1; number <= count; number++) await app.create({ job_id: `job-${number}` });
  const paths = Array.from({ length: count }, (_, index) => `/v1/jobs/job-${index + 1}`);
  const held = await Promise.all(paths.map(path => acquire(app, { path })));
  return held.map(({ key }) => key);
}
