import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { Lease } from '../lease/lease.ts';
import { renewAfterMs } from '../lease/rules.ts';
import { StoreError } from '../store.ts';
import type { GatheredRenewal } from './gathered-renewal.ts';
import type { KeptStreams } from './kept-streams.ts';
import type { PresenceReport } from './lease-end.ts';
import type { LeaseNews } from './lease-news.ts';
import type { PresenceEvent } from './presence-event.ts';
import type { PresenceStream } from './presence-stream.ts';
import type { WatchedLease } from './watched-lease.ts';

/** A lease and the stream that keeps it. */
export interface KeptLease {
  readonly stream: PresenceStream;
  readonly watched: WatchedLease;
}

/** Renews the leases of all streams of an object together, and sends what renewals and news say of them. */
export interface StreamRenewals {
  /** One call at a time. */
  renewAll(due: readonly KeptLease[]): Promise<void>;
  /** What others have changed on leases. Those that no stream keeps are ignored. */
  learn(news: readonly LeaseNews[]): void;
}

/** Before a worker sends a heartbeat itself. */
export const STREAM_SHARE_OF_PACE = 0.85;
const RETRY_MS = 2000;

/** When a stream renews a lease with this ttl next, from now on. */
export function dueAfterMs(ttlSeconds: number): number {
  return renewAfterMs({ ttl_seconds: ttlSeconds }) * STREAM_SHARE_OF_PACE;
}

export function createStreamRenewals({
  streams,
  renewal,
  clock,
  report,
  send,
  changed,
}: {
  readonly streams: KeptStreams;
  readonly renewal: GatheredRenewal;
  readonly clock: Clock;
  readonly report: PresenceReport;
  readonly send: (stream: PresenceStream, event: PresenceEvent) => void;
  /** What is stored of the stream is not the same any more. */
  readonly changed: (stream: PresenceStream) => void;
}): StreamRenewals {
  /** Leases with news that came while they were renewed: an answer may be older than the news. */
  const overtaken = new Set<WatchedLease>();
  let isRenewing = false;

  function note({ stream, watched }: KeptLease, lease: Lease): void {
    const { requested, request_message: message, ttl_seconds: ttlSeconds } = lease;
    const isOtherTtl = ttlSeconds !== watched.ttlSeconds;
    watched.renewedAt = lease.renewed_at;
    watched.ttlSeconds = ttlSeconds;
    watched.dueAtMs = clock.millis() + dueAfterMs(ttlSeconds);
    if (isOtherTtl) changed(stream);
    if (!overtaken.has(watched)) request({ stream, watched }, { requested, message });
    // The next renewal says which of the two is newer.
    else if (requested !== watched.requested) watched.dueAtMs = clock.millis();
  }

  /** Sends it, unless the worker knows it. */
  function request(
    { stream, watched }: KeptLease,
    { requested, message }: Pick<Lease, 'requested'> & { readonly message: string | null },
  ): void {
    if (requested === watched.requested) return;
    watched.requested = requested;
    const { leaseId } = watched.token;
    send(stream, { type: 'request', jobId: watched.jobId, leaseId, requested, message });
    changed(stream);
  }

  function lose({ stream, watched }: KeptLease): void {
    const { leaseKey, leaseId } = watched.token;
    streams.drop(stream, leaseKey);
    send(stream, { type: 'lease_lost', leaseId });
    changed(stream);
  }

  async function renewAll(due: readonly KeptLease[]): Promise<void> {
    const outcomes = await renewal.renewAll(due.map(({ watched }) => watched.token));
    const renewed = new Map<PresenceStream, { leaseId: string; expiresAt: Timestamp }[]>();
    let broken: StoreError | null = null;
    for (const [index, kept] of due.entries()) {
      const { stream, watched } = kept;
      const outcome = outcomes[index];
      if (stream.leases.get(watched.token.leaseKey) !== watched || outcome === undefined) continue;
      if (outcome instanceof StoreError) {
        // It is tried again. A lease whose renewals fail in the store gets one ttl more.
        watched.dueAtMs = clock.millis() + RETRY_MS;
        broken ??= outcome;
      } else if (outcome.ok) {
        note(kept, outcome.value);
        const told = renewed.get(stream) ?? [];
        told.push({ leaseId: watched.token.leaseId, expiresAt: outcome.value.expires_at });
        renewed.set(stream, told);
      } else {
        lose(kept);
      }
    }
    for (const [stream, leases] of renewed) {
      if (streams.isOpen(stream)) send(stream, { type: 'renewed', leases });
    }
    if (broken !== null) report({ kind: 'error', error: broken });
  }

  return {
    async renewAll(due) {
      isRenewing = true;
      try {
        await renewAll(due);
      } finally {
        isRenewing = false;
        overtaken.clear();
      }
    },

    learn(news) {
      for (const each of news) {
        const kept = streams.kept(each.leaseKey);
        if (kept === null) continue;
        if (isRenewing) overtaken.add(kept.watched);
        if (each.kind === 'lost') lose(kept);
        else request(kept, each);
      }
    },
  };
}
