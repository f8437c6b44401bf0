import type { FalseAlarmTally } from '../../lib/storage/false-alarm-tally.ts';
import type { ProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { familyText, histogramText } from '../metrics/text.ts';
import type { Metrics } from '../services/metrics.ts';
import { createHistogram, type Histogram } from './histogram.ts';
import { createRequestCounts } from './request-counts.ts';
import { createStoreTiming } from './store-timing.ts';
import { storeTimingText } from './store-timing-text.ts';
import { timeStore } from './timed-store.ts';
import type { Tracing } from './tracing.ts';

/** From a tick of the clock to the longest lease. */
const LATENESS_BOUNDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600] as const;

/** What a process counts about itself, and the parts that it counts with: to be used in place of those given. */
export interface Telemetry {
  readonly store: ObjectStore;
  readonly memory: ProcessMemory;
  readonly metrics: Metrics;
  /** Answers a request, in a span where requests are traced. */
  readonly answer: (
    request: Request,
    respond: () => Response | Promise<Response>,
  ) => Response | Promise<Response>;
}

/**
 * Counts requests, operations of the store, and what happened to leases. `processText` has what the runtime knows of
 * the process: memory, processor, event loop.
 */
export function createTelemetry(parts: {
  readonly store: ObjectStore;
  readonly memory: ProcessMemory;
  readonly processText: () => Promise<string>;
  /** Null where nothing is traced. */
  readonly tracing: Tracing | null;
  /** Milliseconds that never go back. */
  readonly elapsedMs: () => number;
}): Telemetry {
  const { memory, tracing } = parts;
  const requests = createRequestCounts();
  const timing = createStoreTiming();
  const falseAlarms = createHistogram(LATENESS_BOUNDS);
  const lateRenewals = createHistogram(LATENESS_BOUNDS);
  return {
    store: timeStore(parts.store, { timing, tracing, elapsedMs: parts.elapsedMs }),
    answer: (request, respond) => (tracing === null ? respond() : tracing.answer(request, respond)),
    memory: {
      ...memory,
      falseAlarms: observed(memory.falseAlarms, falseAlarms),
      lateRenewals: observed(memory.lateRenewals, lateRenewals),
    },
    metrics: {
      observeRequest(request) {
        requests.observe(request);
        tracing?.describe(request);
      },
      async text() {
        const processText = await parts.processText();
        return [
          requests.text(),
          storeTimingText(timing),
          latenessText(
            'dalsegno_false_alarm_lateness_seconds',
            'How late holders came back whose leases had been taken.',
            falseAlarms,
          ),
          latenessText(
            'dalsegno_late_renewal_lateness_seconds',
            'How late renewals were that came after the end of a lease that nobody had taken.',
            lateRenewals,
          ),
          familyText({
            name: 'dalsegno_recoveries_total',
            help: 'Jobs that this process took from dead holders.',
            type: 'counter',
            samples: Object.entries(memory.recoveries.read()).map(([outcome, value]) => ({
              labels: { outcome },
              value,
            })),
          }),
          processText,
        ].join('');
      },
    },
  };
}

function observed(tally: FalseAlarmTally, histogram: Histogram): FalseAlarmTally {
  return {
    add(lateSeconds) {
      tally.add(lateSeconds);
      histogram.observe(lateSeconds);
    },
    read: () => tally.read(),
  };
}

function latenessText(name: string, help: string, histogram: Histogram): string {
  const sample = { labels: {}, counted: histogram.read() };
  return histogramText({ name, help, bounds: LATENESS_BOUNDS }, [sample]);
}
