import type { Timestamp } from '../base/timestamp.ts';
import type { EndReason, PresenceEvent, PresenceSink } from './presence-event.ts';
import type { WatchedLease } from './watched-lease.ts';

/** One stream and its leases. Times in `Ms` are of the steady clock. */
export interface PresenceStream {
  readonly id: string;
  readonly owner: string;
  readonly graceMs: number;
  readonly sink: PresenceSink;
  readonly onEnd: (summary: EndSummary) => void;
  /** By the keys of the leases. */
  readonly leases: Map<string, WatchedLease>;
  /** Ids of leases that are over, and when that was learned. */
  readonly lost: Map<string, number>;
  /** Leases that were renewed since the last round. */
  readonly renewed: Map<string, Timestamp>;
  readonly openedAtMs: number;
  /** The last sign of its worker: that it opened the stream, or the last confirmation, on both clocks. */
  signAtMs: number;
  signAt: Timestamp;
  isConfirmed: boolean;
  pingAtMs: number;
  /** Whether the event `open` was sent. It is the first one: until then events wait here. */
  isBegun: boolean;
  readonly early: Set<PresenceEvent>;
}

export interface EndSummary {
  readonly reason: EndReason;
  /** The leases of the stream when it ended. */
  readonly leases: number;
  readonly milliseconds: number;
}

export function createPresenceStream(
  options: Pick<PresenceStream, 'id' | 'owner' | 'graceMs' | 'sink' | 'onEnd' | 'signAt'> & {
    readonly now: number;
    readonly pingAtMs: number;
  },
): PresenceStream {
  const { now, ...rest } = options;
  return {
    ...rest,
    leases: new Map(),
    lost: new Map(),
    renewed: new Map(),
    openedAtMs: now,
    signAtMs: now,
    isConfirmed: false,
    isBegun: false,
    early: new Set(),
  };
}
