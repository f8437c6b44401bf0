import { createClient, runWorker } from '../../../lib/worker.ts';
import { inTurn } from './lanes.ts';
import type { Work } from './work.ts';

const POLL_SECONDS = 0.2;
/** Every size of the work is far below this. */
const LONGEST_MS = 60_000;

let series = 0;

/**
 * Creates jobs by the client of the library, or runs them by its worker. Returns when the last one was done, as
 * `performance.now()` tells it: the worker takes a moment to stop.
 */
export async function doByWorker({ kind, count, width, sheets, ports }: Work): Promise<number> {
  const url = `http://127.0.0.1:${ports[0] ?? 0}`;
  if (kind === 'create') {
    const client = createClient({ url });
    const prefix = `${process.pid}-w${series++}`;
    await inTurn(count, width, index =>
      client.create({ job_id: `${prefix}-${index}`, job_name: 'bench', total_sheets: sheets }),
    );
    return performance.now();
  }
  const stop = new AbortController();
  let left = count;
  let doneAt = 0;
  const faults: unknown[] = [];
  const overdue = setTimeout(() => stop.abort(), LONGEST_MS);
  await runWorker({
    url,
    holder: 'bench',
    concurrency: width,
    pollSeconds: POLL_SECONDS,
    signal: stop.signal,
    handleSignals: false,
    onSheet: () => ({ stdout: 'ok' }),
    onEvent(event) {
      if (event.type === 'error' || event.type === 'lost') faults.push(event);
      if (event.type !== 'finished') return;
      left -= 1;
      if (left > 0) return;
      doneAt = performance.now();
      stop.abort();
    },
  });
  clearTimeout(overdue);
  if (left > 0) throw new Error(`The worker left ${left} of ${count} jobs after ${LONGEST_MS} ms`);
  if (faults.length > 0) throw new Error(`The worker met ${JSON.stringify(faults[0])}`);
  return doneAt;
}
