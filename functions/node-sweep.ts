import { setTimeout as delay } from 'node:timers/promises';
import { getLogger } from '@logtape/logtape';
import type { Repository } from '../lib/repository.ts';
import { DEFAULT_SWEEP_LIMIT, type SweepReport } from '../lib/sweep.ts';
import { type SweepTimer, startSweepTimer } from '../lib/sweep-timer.ts';

const logger = getLogger(['dalsegno', 'sweep']);

/** Sweeps every so many seconds, and logs what it did. Zero seconds turn it off. */
export function startSweeping(
  { sweeper, strays }: Pick<Repository, 'sweeper' | 'strays'>,
  intervalSeconds: number,
): SweepTimer {
  if (intervalSeconds === 0) return { stop: () => Promise.resolve() };
  return startSweepTimer({
    sweeper,
    intervalMs: intervalSeconds * 1000,
    limit: DEFAULT_SWEEP_LIMIT,
    monotonicMs: () => performance.now(),
    wait,
    async reconcile() {
      const count = await strays.recover();
      if (count > 0)
        logger.warning('Recovered {count} jobs whose lease objects were gone', { count });
    },
    swept: logReport,
    failed: error => logger.error('The sweep broke off: {error}', { error }),
  });
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    // Alone it does not keep the process alive.
    await delay(milliseconds, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

let alarmsTold = 0;

function logReport(report: SweepReport): void {
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
