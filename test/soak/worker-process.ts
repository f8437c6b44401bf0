/** Runs workers against the proxy, and says of every sheet when it begins and how its job goes on. */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { runWorker, type WorkerEvent } from '../../lib/worker.ts';
import { outputOf } from './plan.ts';

export type Word =
  | { readonly kind: 'begun'; readonly job: string; readonly sheet: number; readonly epoch: number }
  | {
      readonly kind: 'event';
      readonly type: WorkerEvent['type'];
      readonly job: string | null;
      readonly epoch: number | null;
      readonly detail: string;
    };

const [url = '', first = '0', count = '0'] = process.argv.slice(2);
const SHORTEST_SHEET_MS = 100;
const LONGEST_SHEET_MS = 1500;
const TTL_SECONDS = 10;
const UNTOLD: ReadonlySet<WorkerEvent['type']> = new Set([
  'claimed',
  'idle',
  'sheet-started',
  'sheet-completed',
  'renewed',
  'released',
]);

function tell(word: Word): void {
  process.send?.(word);
}

const stopping = new AbortController();
process.on('message', () => stopping.abort());

await Promise.all(
  Array.from({ length: Number(count) }, (_, index) =>
    runWorker({
      url,
      holder: `w-${Number(first) + index}`,
      ttlSeconds: TTL_SECONDS,
      pollSeconds: 1,
      signal: stopping.signal,
      handleSignals: false,
      async onSheet({ jobId, sheet, held: { epoch }, signal }) {
        tell({ kind: 'begun', job: jobId, sheet, epoch });
        await delay(randomInt(SHORTEST_SHEET_MS, LONGEST_SHEET_MS), undefined, { signal });
        return { stdout: outputOf(jobId, sheet) };
      },
      onEvent(event) {
        if (UNTOLD.has(event.type)) return;
        const job = 'jobId' in event ? (event.jobId ?? null) : null;
        const epoch = 'epoch' in event ? (event.epoch ?? null) : null;
        const detail = 'error' in event ? String(event.error) : '';
        tell({ kind: 'event', type: event.type, job, epoch, detail });
      },
    }),
  ),
);
process.disconnect?.();
