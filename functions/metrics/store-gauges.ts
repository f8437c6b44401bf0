import { type Timestamp, toUnixMicros } from '../../lib/base/timestamp.ts';
import { millisBetween } from '../../lib/lease/rules.ts';
import type { Stats } from '../../lib/service/stats.ts';
import { familyText, type Labels } from './text.ts';

/** What the store knows of its jobs, in Prometheus' text format: the numbers of `GET /v1/stats`. */
export function storeGauges(stats: Stats): string {
  const { leases, store } = stats;
  return [
    isRead(true),
    gauges('dalsegno_jobs', 'Jobs by status.', byName('status', stats.jobs)),
    gauges('dalsegno_jobs_standing', 'Jobs by standing.', byName('standing', stats.standing)),
    gauge(
      'dalsegno_oldest_waiting_seconds',
      'How long the job has waited that has waited longest; 0 if none waits.',
      secondsBetween(stats.oldest_waiting_at, stats.server_time),
    ),
    gauge('dalsegno_leases_live', 'Leases that may not be taken.', leases.live),
    gauge('dalsegno_leases_stalled', 'Live leases whose holders are late.', leases.stalled),
    gauge('dalsegno_corrupt_files', 'Stored files that are no states.', stats.corrupt ?? 0),
    gauge(
      'dalsegno_counts_complete',
      '0 if not all jobs were counted, so that there may be more.',
      stats.at_least ? 0 : 1,
    ),
    gauge('dalsegno_leases_granted', '0 if the store cannot hold leases.', store.leases ? 1 : 0),
    gauges('dalsegno_store_info', 'The store.', [[{ store: store.name }, 1]]),
    stats.sweep === null
      ? ''
      : gauge(
          'dalsegno_last_sweep_timestamp_seconds',
          'The end of the last sweep of this process.',
          unixSeconds(stats.sweep.at),
        ),
  ].join('');
}

/** In place of the gauges where the store cannot be read. */
export const UNREAD_GAUGES = isRead(false);

function isRead(read: boolean): string {
  return gauge('dalsegno_store_up', '0 if the jobs could not be counted.', read ? 1 : 0);
}

function gauge(name: string, help: string, value: number): string {
  return gauges(name, help, [[{}, value]]);
}

function gauges(
  name: string,
  help: string,
  values: readonly (readonly [labels: Labels, value: number])[],
): string {
  const samples = values.map(([labels, value]) => ({ labels, value }));
  return familyText({ name, help, type: 'gauge', samples });
}

function byName(
  label: string,
  counts: Readonly<Record<string, number>>,
): readonly (readonly [labels: Labels, value: number])[] {
  return Object.entries(counts).map(([name, count]) => [{ [label]: name }, count]);
}

function secondsBetween(from: Timestamp | null, to: Timestamp): number {
  return from === null ? 0 : Math.max(0, millisBetween(from, to) / 1000);
}

function unixSeconds(time: Timestamp): number {
  return Number(toUnixMicros(time)) / 1_000_000;
}
