import type { Timestamp } from '../../lib/base/timestamp.ts';

/**
 * The last gauges of a process whose store bills every list. It holds no promises, so the requests of a process can
 * share it.
 */
export interface KeptGauges {
  /** For how long they are answered again. */
  readonly keepMs: number;
  last: { readonly at: Timestamp; readonly text: string } | null;
}

/** At the edge: a scrape every 15 seconds costs as much as one a minute. */
export const EDGE_KEEP_MS = 60_000;

export function createKeptGauges(keepMs: number): KeptGauges {
  return { keepMs, last: null };
}
