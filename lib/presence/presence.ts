import { createConcurrency } from '../base/concurrently.ts';
import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import type { Timers } from '../base/timers.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { ok, type Result } from '../failure.ts';
import type { Lease } from '../lease/lease.ts';
import { millisBetween, renewAfterMs, timeAfter } from '../lease/rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { LeaseRenewal } from '../protocol/renew.ts';
import { createForeignLook } from './foreign-look.ts';
import { createKeptStreams } from './kept-streams.ts';
import { createLeaseEnd, type PresenceReport } from './lease-end.ts';
import type { EndReason, PresenceEvent } from './presence-event.ts';
import { FULL } from './presence-limits.ts';
import { createPresenceStream, type PresenceStream } from './presence-stream.ts';
import { PING_MS, SILENT_MS } from './presence-timing.ts';
import { createStallWatch } from './stall-watch.ts';
import { LEASE_BYTES, type WatchedLease, watchLease } from './watched-lease.ts';

/**
 * The streams of workers. While a stream is open the service renews its leases. When it breaks they end after the
 * grace, unless they are renewed in another way.
 */
export interface Presence {
  /** Opens a stream without leases. Failure: `overloaded` if too many are open. */
  open(
    options: Pick<PresenceStream, 'owner' | 'sink' | 'onEnd'> & {
      /** Null for the default. */
      readonly graceMs: number | null;
    },
  ): Result<PresenceStream>;
  /** Failure: `presence_not_found`, also for a stream of another owner. */
  find(id: string, owner: string): Result<PresenceStream>;
  /**
   * Renews the lease as a heartbeat does, and keeps it from then on. Another stream does not keep it any more.
   * Failures: those of a heartbeat, `overloaded` if the stream or the process has too many leases.
   */
  add(stream: PresenceStream, token: PresentedToken): Promise<Result<Lease>>;
  /** The stream does not keep the lease any more. The lease keeps its ttl. */
  remove(stream: PresenceStream, token: PresentedToken): void;
  /** Sends `open` with the answers to the request, and from then on all other events. */
  begin(stream: PresenceStream, answers: readonly unknown[]): void;
  /** The worker is there. */
  confirm(stream: PresenceStream): void;
  /** Ends the stream, once. */
  end(stream: PresenceStream, reason: EndReason): void;
  /** Ends all streams, so that their workers send heartbeats. Their leases keep their ttl. */
  stop(): Promise<void>;
}

export interface PresenceParts
  extends Pick<
    ProtocolContext,
    'store' | 'leaseStore' | 'leaseChanges' | 'expiry' | 'clock' | 'random'
  > {
  readonly renewal: LeaseRenewal;
}

export interface PresenceSettings {
  /** How long a lease goes on after the connection of its holder broke. */
  readonly graceMs: number;
  readonly timers: Timers;
  readonly report: PresenceReport;
  /** Fewer streams and fewer leases of each than by default. */
  readonly room?: { readonly maxStreams: number; readonly maxStreamLeases: number };
}

/** The time between two rounds. A lease of one second is renewed every 333 ms. */
const ROUND_MS = 250;
/** A heartbeat counts as one of the stream's worker if the worker has confirmed a ping this shortly before. */
const FRESH_MS = PING_MS + 2000;
/** The shortest grace of a stream whose worker has not confirmed a ping: a proxy may hold the stream back. */
const UNCONFIRMED_GRACE_MS = 1000;
/** The holder itself may have ended a lease. It gets the answer to that before it gets the event. */
const LOST_AFTER_MS = 250;
const RETRY_MS = 1000;
const CONCURRENT_RENEWALS = 16;

const MAX_LEASES = Math.floor(MEMORY_BOUNDS.presence.bytes / LEASE_BYTES);

const NOTHING_NEW = { progress: undefined, ttlSeconds: undefined };

export function createPresence(
  parts: PresenceParts,
  { graceMs: defaultGraceMs, timers, report, room }: PresenceSettings,
): Presence {
  const { clock, random, renewal, leaseChanges } = parts;
  const streams = createKeptStreams({ maxLeases: MAX_LEASES, ...room });
  const stalls = createStallWatch({ clock, timers });
  const ends = createLeaseEnd({ ...parts, timers, report });
  const renewals = createConcurrency(CONCURRENT_RENEWALS);
  const foreign = createForeignLook({ ...parts, timers });
  let disarm: (() => void) | null = null;
  let isStopped = false;
  let hasReported = false;

  function arm(): void {
    if (disarm !== null || streams.size === 0) return;
    disarm = timers.after(ROUND_MS, () => {
      disarm = null;
      round();
      arm();
    });
  }

  function send(stream: PresenceStream, event: PresenceEvent): void {
    if (!stream.isBegun) stream.early.add(event);
    else if (!stream.sink.send(event)) end(stream, 'slow');
  }

  /** Spread over a quarter of the time, so that leases that were granted together are not renewed together. */
  function nextDueMs(ttlSeconds: number): number {
    const share = 3 / 4 + random.fraction() / 4;
    return timers.elapsedMs() + renewAfterMs({ ttl_seconds: ttlSeconds }) * share;
  }

  function isFresh({ signAtMs }: PresenceStream): boolean {
    return timers.elapsedMs() - signAtMs <= FRESH_MS;
  }

  function lose(stream: PresenceStream, key: string): void {
    const watched = streams.drop(stream, key);
    if (watched !== null) stream.lost.set(watched.token.leaseId, timers.elapsedMs());
  }

  /** What the lease is now. This process or another one has changed it. */
  function note(stream: PresenceStream, watched: WatchedLease, lease: Lease): void {
    const { leaseKey, leaseId } = watched.token;
    if (lease.expired) {
      lose(stream, leaseKey);
      return;
    }
    const { requested, request_message: message } = lease;
    if (requested === watched.requested) return;
    watched.requested = requested;
    send(stream, { type: 'request', jobId: watched.jobId, leaseId, requested, message });
  }

  function noteRenewal(watched: WatchedLease, lease: Lease): void {
    watched.renewedAt = lease.renewed_at;
    watched.ttlSeconds = lease.ttl_seconds;
    watched.dueAtMs = nextDueMs(lease.ttl_seconds);
  }

  leaseChanges.listen({
    stored(key, lease) {
      const kept = streams.kept(key);
      if (kept === null) return;
      const { stream, watched } = kept;
      const isRenewed = lease.renewed_at !== watched.renewedAt;
      if (isRenewed && watched.renewing === null && isFresh(stream)) noteRenewal(watched, lease);
      note(stream, watched, lease);
    },
    removed(key) {
      const kept = streams.kept(key);
      if (kept !== null) lose(kept.stream, key);
    },
  });

  async function renew(stream: PresenceStream, watched: WatchedLease): Promise<void> {
    const { leaseKey, leaseId } = watched.token;
    watched.dueAtMs = timers.elapsedMs() + RETRY_MS;
    try {
      const renewed = await renewals.run(() => renewal.renew(watched.token, null, NOTHING_NEW));
      if (!renewed.ok) {
        if (renewed.failure.code === 'lease_lost') lose(stream, leaseKey);
        return;
      }
      noteRenewal(watched, renewed.value);
      if (stream.leases.get(leaseKey) !== watched) return;
      stream.renewed.set(leaseId, renewed.value.expires_at);
      note(stream, watched, renewed.value);
    } catch (error) {
      // It is tried again. A lease whose renewals fail in the store gets one ttl more.
      reportOnce(error);
    } finally {
      watched.renewing = null;
    }
  }

  /** A store that fails does so for every lease: one report a round is enough. */
  function reportOnce(error: unknown): void {
    if (hasReported) return;
    hasReported = true;
    report({ kind: 'error', error });
  }

  function round(): void {
    stalls.check();
    hasReported = false;
    const now = timers.elapsedMs();
    for (const stream of streams.all()) {
      if (!stream.isBegun) continue;
      if (now - Math.max(stream.signAtMs, stalls.endedAtMs) > SILENT_MS) {
        // The stream says nothing of a worker that is busy, but its machine would acknowledge the pings.
        end(stream, stream.sink.isUnreachable() ? 'unreachable' : 'silent');
        continue;
      }
      sendDue(stream, now);
      for (const watched of stream.leases.values()) {
        if (watched.renewing === null && watched.dueAtMs <= now) {
          watched.renewing = renew(stream, watched);
        }
      }
    }
    foreign
      .look(streams.keepers, (key, lease) => {
        const kept = streams.kept(key);
        if (kept === null) return;
        if (lease === null) lose(kept.stream, key);
        else note(kept.stream, kept.watched, lease);
      })
      .catch(reportOnce);
  }

  function sendDue(stream: PresenceStream, now: number): void {
    if (stream.pingAtMs <= now) {
      stream.pingAtMs = now + PING_MS;
      send(stream, { type: 'ping' });
    }
    if (stream.renewed.size > 0) {
      const leases = [...stream.renewed].map(([leaseId, expiresAt]) => ({ leaseId, expiresAt }));
      stream.renewed.clear();
      send(stream, { type: 'renewed', leases });
    }
    for (const [leaseId, atMs] of stream.lost) {
      if (now - atMs < LOST_AFTER_MS) continue;
      stream.lost.delete(leaseId);
      send(stream, { type: 'lease_lost', leaseId });
    }
  }

  /** When the leases of a broken stream end. */
  function endOf(stream: PresenceStream, watched: WatchedLease, reason: EndReason): Timestamp {
    const graceMs = stream.isConfirmed
      ? stream.graceMs
      : Math.max(stream.graceMs, UNCONFIRMED_GRACE_MS);
    const byGrace = timeAfter(clock.now(), graceMs);
    if (reason === 'closed' || reason === 'unreachable') return byGrace;
    // The connection is there, and the worker may be busy: as after its last heartbeat it has one ttl.
    const byTtl = timeAfter(stream.signAt, watched.ttlSeconds * 1000);
    return millisBetween(byGrace, byTtl) > 0 ? byTtl : byGrace;
  }

  function end(stream: PresenceStream, reason: EndReason): void {
    const milliseconds = timers.elapsedMs() - stream.openedAtMs;
    const leases = streams.end(stream, { reason, milliseconds });
    if (leases === null) return;
    // After a stall this may run before the round does.
    stalls.check();
    if (reason === 'stopping' || reason === 'failed') return;
    if (stream.signAtMs <= stalls.endedAtMs) return;
    for (const watched of leases) ends.endAt(watched, endOf(stream, watched, reason));
  }

  return {
    open({ owner, sink, onEnd, graceMs }) {
      if (isStopped || !streams.hasRoom()) return FULL;
      if (streams.size === 0) stalls.begin();
      const now = timers.elapsedMs();
      const stream = createPresenceStream({
        id: random.secret(),
        owner,
        sink,
        onEnd,
        graceMs: graceMs ?? defaultGraceMs,
        signAt: clock.now(),
        now,
        pingAtMs: now + PING_MS,
      });
      streams.add(stream);
      arm();
      return ok(stream);
    },

    find: (id, owner) => streams.find(id, owner),

    async add(stream, token) {
      if (!streams.hasRoomFor(stream)) return FULL;
      const renewed = await renewal.renew(token, null, NOTHING_NEW);
      if (!renewed.ok || !streams.isOpen(stream)) return renewed;
      // Others may have been added meanwhile.
      if (!streams.hasRoomFor(stream)) return FULL;
      const lease = renewed.value;
      const dueAtMs = nextDueMs(lease.ttl_seconds);
      const watched = watchLease(token, lease, { now: timers.elapsedMs(), dueAtMs });
      streams.keep(stream, watched);
      stream.lost.delete(watched.token.leaseId);
      return renewed;
    },

    remove(stream, { leaseKey, leaseId }) {
      streams.drop(stream, leaseKey);
      stream.lost.delete(leaseId);
    },

    begin(stream, answers) {
      const { id, graceMs } = stream;
      stream.isBegun = true;
      const timing = { graceMs, pingMs: PING_MS, silentMs: SILENT_MS };
      send(stream, { type: 'open', id, ...timing, answers });
      for (const event of stream.early) send(stream, event);
      stream.early.clear();
    },

    confirm(stream) {
      stalls.check();
      stream.signAtMs = timers.elapsedMs();
      stream.signAt = clock.now();
      stream.isConfirmed = true;
    },

    end,

    async stop() {
      isStopped = true;
      for (const stream of streams.all()) end(stream, 'stopping');
      disarm?.();
      await ends.stop();
    },
  };
}
