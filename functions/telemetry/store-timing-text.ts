import { familyText, histogramText } from '../metrics/text.ts';
import { SECONDS_BOUNDS } from './histogram.ts';
import { STORE_OPERATIONS, STORE_RESULTS, type StoreTiming } from './store-timing.ts';

/** What the operations of a store have taken, in Prometheus' text format. */
export function storeTimingText(timing: StoreTiming): string {
  return [
    familyText({
      name: 'dalsegno_store_operations_total',
      help: 'Operations of the store; refused means that a precondition did not hold.',
      type: 'counter',
      samples: STORE_OPERATIONS.flatMap(operation =>
        STORE_RESULTS.map(result => ({
          labels: { operation, result },
          value: timing[operation].results[result],
        })),
      ),
    }),
    histogramText(
      {
        name: 'dalsegno_store_operation_duration_seconds',
        help: 'Time of an operation of the store; of a list that until its first entry.',
        bounds: SECONDS_BOUNDS,
      },
      STORE_OPERATIONS.map(operation => ({
        labels: { operation },
        counted: timing[operation].durations.read(),
      })),
    ),
  ].join('');
}
