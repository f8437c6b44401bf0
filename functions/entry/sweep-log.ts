import { getLogger } from '@logtape/logtape';
import type { ScheduledReport, Spending } from '../../lib/sweep/budgeted.ts';
import type { SweepReport } from '../../lib/sweep/pass.ts';

const logger = getLogger(['dalsegno', 'sweep']);

let alarmsTold = 0;

/** What a pass did: a line for people where it did anything. */
export function logSweep(report: SweepReport): void {
  const { examined, recovered, failed, cancelled, skipped, errors, faults, false_alarms } = report;
  const text =
    `Sweep: ${examined} leases, ${recovered} recovered, ${failed} failed, ` +
    `${cancelled} cancelled, ${skipped} skipped, ${errors} errors`;
  const properties = { ...report };
  if (false_alarms.count > alarmsTold) {
    alarmsTold = false_alarms.count;
    logger.warning(
      'Holders that were taken for dead came back, {count} so far, at most {worst_late_seconds} s late: ask why of their jobs',
      { ...false_alarms },
    );
  }
  if (errors > 0) logger.warning(text, properties);
  else if (recovered + failed + cancelled > 0) logger.info(text, properties);
  else logger.debug(text, properties);
  for (const { path, reason } of faults) logger.warning('{path}: {reason}', { path, reason });
}

/** What a scheduled call did, and what of its budget that took. */
export function logScheduled(
  { passes, missingLeases, complete, afterBreak }: ScheduledReport,
  spending: Spending,
): void {
  if (afterBreak) {
    logger.warning('The last sweep was ended half-way: a state may be too large for the plan');
  }
  for (const report of passes) logSweep(report);
  logStrays(missingLeases);
  const { operations, bodyBytes: body_bytes } = spending;
  const text = `Sweep call: ${operations} operations${complete ? '' : ', goes on with the next'}`;
  logger.debug(text, { operations, body_bytes, complete });
}

/** Running jobs that were found without their lease objects. */
export function logStrays(count: number): void {
  if (count > 0) logger.warning('Recovered {count} jobs whose lease objects were gone', { count });
}

/** The sweep could not go on; the next one begins anew. */
export function logBrokenSweep(error: unknown): void {
  logger.error('The sweep broke off: {error}', { error });
}
