import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/**
 * How far the heap grows beyond what is alive before all garbage in it is collected. By itself V8 lets a small heap
 * grow to a multiple, with the bodies and texts that its garbage holds, and the system gets little of that back.
 */
const LEAST_PERCENT = 40;

/**
 * A heap that just runs the service is small, and 40 % of it are full every second under load: to collect that again and again
 * took an eighth of the processor time. So much garbage is no loss.
 */
const SPARE_BYTES = 32 * 1024 * 1024;
const MOST_PERCENT = 150;

/** How often the size of the heap is looked at. A limit lasts from one collection to the next, which takes longer. */
const EVERY_MS = 1_000;

/** Limits how much garbage the heap collects, as long as the process runs. It takes effect at the next collection. */
export function limitHeapGrowth(): void {
  let known: number | null = null;
  function limit(): void {
    const percent = growthPercent(getHeapStatistics().used_heap_size);
    if (percent === known) return;
    known = percent;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  }
  limit();
  setInterval(limit, EVERY_MS).unref();
}

/** By how many percent a heap of this size may grow. */
export function growthPercent(heapBytes: number): number {
  const percent = Math.round((100 * SPARE_BYTES) / heapBytes);
  return Math.min(MOST_PERCENT, Math.max(LEAST_PERCENT, percent));
}
