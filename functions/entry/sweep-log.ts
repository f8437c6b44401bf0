import { getLogger } from '@logtape/logtape';
import { unreachable } from '../../lib/base/unreachable.ts';
import type { Spending } from '../../lib/sweep/budget.ts';
import type { ScheduledReport } from '../../lib/sweep/budgeted.ts';
import type { SweepReport } from '../../lib/sweep/report.ts';
import type { SweepEvent } from '../../lib/sweep/timer.ts';

const logger = getLogger(['dalsegno', 'sweep']);

let loggedAlarms = 0;

/** Logs one event of the timer. */
export function logSweepEvent(event: SweepEvent): void {
  switch (event.kind) {
    case 'pass':
      return logPass(event.report);
    case 'missingLeases':
      return logMissingLeases(event.recovered);
    case 'retired':
      return logRetired(event.count);
    case 'failure':
      return logBrokenSweep(event.error);
    default:
      return unreachable(event);
  }
}

/** What a pass did: at level info where it changed a job. */
function logPass(report: SweepReport): void {
  const { examined, recovered, failed, cancelled, skipped, errors, faults, false_alarms } = report;
  const text =
    `Sweep: ${examined} leases, ${recovered} recovered, ${failed} failed, ` +
    `${cancelled} cancelled, ${skipped} skipped, ${errors} errors`;
  const properties = { ...report };
  if (false_alarms.count > loggedAlarms) {
    loggedAlarms = false_alarms.count;
    logger.warning(
      'Holders came back after their leases had expired, {count} so far, at most {worst_late_seconds} s late: GET /v1/jobs/<job_id>/why explains each',
      { ...false_alarms },
    );
  }
  if (errors > 0) logger.warning(text, properties);
  else if (recovered + failed + cancelled > 0) logger.info(text, properties);
  else logger.debug(text, properties);
  for (const { path, reason } of faults) logger.warning('{path}: {reason}', { path, reason });
}

/** What a scheduled call did, and what it spent. */
export function logScheduled(
  { passes, missingLeases, retired, complete, afterBreak }: ScheduledReport,
  spending: Spending,
): void {
  if (afterBreak) {
    logger.warning('The last sweep call did not end: a state may be too large for the plan');
  }
  for (const report of passes) logPass(report);
  logMissingLeases(missingLeases);
  logRetired(retired);
  const { operations, bodyBytes: body_bytes } = spending;
  const text = `Sweep call: ${operations} operations${complete ? '' : ', continues with the next call'}`;
  logger.debug(text, { operations, body_bytes, complete });
}

/** Entries of the catalogues that were not as R2 has the jobs. */
export function logCatalogues({
  compared,
  corrected,
}: {
  readonly compared: number;
  readonly corrected: number;
}): void {
  const text = 'Compared {compared} jobs with the catalogues, and corrected {corrected} entries';
  if (corrected > 0) logger.warning(text, { compared, corrected });
  else if (compared > 0) logger.debug(text, { compared, corrected });
}

/** Running jobs that were found without their lease objects. */
function logMissingLeases(count: number): void {
  if (count > 0) logger.warning('Recovered {count} jobs whose lease objects were gone', { count });
}

/** Jobs that were deleted because they finished longer ago than `RETENTION_DAYS`. */
function logRetired(count: number): void {
  if (count > 0) logger.info('Deleted {count} jobs that finished too long ago', { count });
}

/** The sweep could not go on; the next one starts again. */
export function logBrokenSweep(error: unknown): void {
  logger.error('The sweep failed: {error}', { error });
}
