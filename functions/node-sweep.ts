import { setTimeout as delay } from 'node:timers/promises';
import { getLogger } from '@logtape/logtape';
import { DEFAULT_SWEEP_LIMIT, type Sweeper, type SweepReport } from '../lib/sweep.ts';
import { type SweepTimer, startSweepTimer } from '../lib/sweep-timer.ts';

const logger = getLogger(['dalsegno', 'sweep']);

/** Sweeps every so many seconds, and logs what it did. Zero seconds turn it off. */
export function startSweeping(sweeper: Sweeper, intervalSeconds: number): SweepTimer {
  if (intervalSeconds === 0) return { stop: () => Promise.resolve() };
  return startSweepTimer({
    sweeper,
    intervalMs: intervalSeconds * 1000,
    limit: DEFAULT_SWEEP_LIMIT,
    monotonicMs: () => performance.now(),
    wait,
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

function logReport(report: SweepReport): void {
  const { examined, recovered, failed, cancelled, skipped, errors, faults } = report;
  const text =
    `Sweep: ${examined} leases, ${recovered} recovered, ${failed} failed, ` +
    `${cancelled} cancelled, ${skipped} skipped, ${errors} errors`;
  const properties = { ...report };
  if (errors > 0) logger.warning(text, properties);
  else if (recovered + failed + cancelled > 0) logger.info(text, properties);
  else logger.debug(text, properties);
  for (const { path, reason } of faults) logger.warning('{path}: {reason}', { path, reason });
}
