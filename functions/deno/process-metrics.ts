import { familyText } from '../metrics/text.ts';
import type { DenoApi } from './api.ts';

/**
 * Memory and start of the process. prom-client, which Node has, finds on Deno neither the memory of the process nor the
 * delay of the event loop, and prints zeros for them.
 */
export function createProcessText(
  memoryUsage: DenoApi['memoryUsage'],
  startedAtMs: number,
): () => Promise<string> {
  return async () => {
    const { rss, heapTotal, heapUsed, external } = memoryUsage();
    const gauges: readonly (readonly [string, string, number])[] = [
      ['process_start_time_seconds', 'Start of the process.', startedAtMs / 1000],
      ['process_resident_memory_bytes', 'Memory of the process.', rss],
      ['deno_heap_size_total_bytes', 'Heap of V8.', heapTotal],
      ['deno_heap_size_used_bytes', 'Heap of V8 that is used.', heapUsed],
      ['deno_external_memory_bytes', 'Memory that objects of V8 hold outside the heap.', external],
    ];
    return gauges
      .map(([name, help, value]) => familyText({ name, help, type: 'gauge', samples: [{ value }] }))
      .join('');
  };
}
