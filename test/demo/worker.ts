import * as z from 'zod';
import { runWorker, type SheetContext, type SheetResult } from '../../lib/worker.ts';
import { digestOf } from './digest.ts';
import type { WorkerMessage } from './worker-message.ts';

/*
 * A worker of the demo, in a process of its own: hashes what the jobs say, and tells its parent of it.
 */

/** The share of a sheet after which it is in the middle. */
const MIDWAY = 0.25;

/** What the demo puts into a job. */
const Config = z.object({ package_name: z.string(), rounds: z.number(), pause_ms: z.number() });

const [url = '', holder = '', ttlSeconds = '', pollSeconds = ''] = process.argv.slice(2);

// A worker without its demo has nothing to do.
process.once('disconnect', abandoned);

await runWorker({
  url,
  holder,
  ttlSeconds: Number(ttlSeconds),
  pollSeconds: Number(pollSeconds),
  graceSeconds: 2,
  onSheet: hashSheet,
  onEvent(event) {
    if (!('error' in event)) tell({ kind: 'event', event });
    else tell({ kind: 'event', event: { ...event, error: String(event.error) } });
  },
});
process.off('disconnect', abandoned);
process.disconnect();

function abandoned(): never {
  process.exit(1);
}

async function hashSheet(context: SheetContext): Promise<SheetResult> {
  const { jobId, sheet, state, held, signal } = context;
  const config = Config.parse(state['config_snapshot']);
  tell({ kind: 'held', held, sheet });
  let isMidway = false;
  const portion = {
    packageName: config.package_name,
    sheet,
    totalSheets: state.total_sheets,
    rounds: config.rounds,
  };
  const digest = await digestOf(portion, {
    pauseMs: config.pause_ms,
    onRound(share) {
      signal.throwIfAborted();
      context.progress({ sheet, share: Math.round(share * 100) / 100 });
      if (isMidway || share < MIDWAY) return;
      isMidway = true;
      tell({ kind: 'midway', jobId, sheet });
    },
  });
  return { stdout: digest };
}

function tell(message: WorkerMessage): void {
  process.send?.(message);
}
