import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import type { Timers } from '../base/timers.ts';
import { fromUnixMillis } from '../base/timestamp.ts';
import { ok } from '../failure.ts';
import { millisBetween, renewAfterMs, timeAfter } from '../lease/rules.ts';
import { createGatheredRenewal } from './gathered-renewal.ts';
import { createKeptStreams } from './kept-streams.ts';
import { createLeaseEnd, type PresenceReport } from './lease-end.ts';
import type { LeaseNews } from './lease-news.ts';
import type { Presence, PresenceParts } from './presence.ts';
import type { EndReason, PresenceEvent, PresenceSink } from './presence-event.ts';
import { FULL } from './presence-limits.ts';
import { createPresenceStream, type EndSummary, type PresenceStream } from './presence-stream.ts';
import { PING_MS, SILENT_MS } from './presence-timing.ts';
import { leasesOf, readRecord, recordOf, type StreamRecords } from './stream-record.ts';
import { createStreamRenewals, dueAfterMs, type KeptLease } from './stream-renewals.ts';
import { watchLease } from './watched-lease.ts';

/**
 * The streams of an object that loses its memory while their connections stay open. Nothing runs between two calls: an alarm
 * renews the leases, and the platform answers the pings of the workers and keeps the time of the last one. All leases of the
 * object are renewed together, as often as the shortest ttl asks for. Times in `Ms` are of the wall clock.
 */
export interface SocketPresence extends Presence {
  /** The connection of a stream is there. */
  connected(stream: PresenceStream): void;
  /** The connection of a stream broke, or its worker closed it. `signAtMs` is the last sign of the worker. */
  closed(id: string, signAtMs: number): void;
  /** What others have changed on leases. Those that no stream keeps are ignored. */
  learn(news: readonly LeaseNews[]): void;
  /** The alarm. Never rejects. */
  ring(): Promise<void>;
}

export interface SocketPresenceSettings {
  readonly graceMs: number;
  readonly timers: Timers;
  readonly report: PresenceReport;
  readonly records: StreamRecords;
  /** The last sign of the worker of a stream; null where it has no open connection. */
  readonly signAtMs: (id: string) => number | null;
  /** Where the events of a stream go that is known from its record. */
  readonly sinkOf: (id: string) => PresenceSink;
  readonly ended: (summary: EndSummary) => void;
  /** Which object this is, for the places of leases. Null: they need not tell it anything. */
  readonly place: () => number | null;
  readonly alarm: {
    /** The alarm that is set; null if none is. */
    readonly atMs: number | null;
    set(atMs: number): void;
  };
}

/** The connection must come within this time after the stream was opened. */
export const CONNECT_MS = 10_000;
/** A worker that has noticed nothing for so long has sent no heartbeat instead. */
const UNNOTICED_MS = SILENT_MS + 500;
/** A heartbeat that came this shortly before the end of a connection may be of a worker that had noticed it. */
const NOTICED_MS = 250;
/** The connection was there at the end: the platform has answered the last ping that was due. */
const LIVE_MS = PING_MS + 1000;
/** Leases that are due by then are renewed together with others. */
const SHARE_TOGETHER = 0.5;
const SHORTEST_MS = 100;
/** How often a stream without leases is looked at. */
const IDLE_MS = 300_000;

/** Its key, its keeper, and the time of its last renewal. */
const LEASE_BYTES = 1_600;
const MAX_LEASES = Math.floor(MEMORY_BOUNDS.socketStreams.bytes / LEASE_BYTES);

export function createSocketPresence(
  parts: PresenceParts,
  settings: SocketPresenceSettings,
): SocketPresence {
  const { clock, random } = parts;
  const { timers, report, records, alarm } = settings;
  const streams = createKeptStreams({ maxLeases: MAX_LEASES });
  const unsaved = new Set<PresenceStream>();
  const renewal = createGatheredRenewal(parts.renewal, { timers, listener: settings.place });
  const renewals = createStreamRenewals({
    streams,
    renewal,
    clock,
    report,
    send,
    changed: saveSoon,
  });
  const ends = createLeaseEnd({ ...parts, timers, report });
  let alarmAtMs = alarm.atMs;

  for (const [id, record] of records.all()) restore(id, record);

  function restore(id: string, record: unknown): void {
    const kept = readRecord(record);
    if (kept === null) {
      records.delete(id);
      return;
    }
    const stream = createPresenceStream({
      id,
      owner: kept.owner,
      graceMs: kept.grace_ms,
      sink: settings.sinkOf(id),
      onEnd: settings.ended,
      signAt: clock.now(),
      now: kept.opened_at_ms,
      pingAtMs: 0,
    });
    stream.isBegun = true;
    streams.add(stream);
    for (const watched of leasesOf(kept, alarmAtMs ?? 0)) streams.keep(stream, watched);
  }

  /** Once for all changes of a turn. What the object loses before ends the connection, too. */
  function saveSoon(stream: PresenceStream): void {
    if (unsaved.size === 0) timers.after(0, save);
    unsaved.add(stream);
  }

  function save(): void {
    for (const stream of unsaved) {
      if (streams.isOpen(stream)) records.put(stream.id, recordOf(stream));
    }
    unsaved.clear();
    arm();
  }

  function arm(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const stream of streams.all()) {
      if (settings.signAtMs(stream.id) === null) {
        next = Math.min(next, stream.openedAtMs + CONNECT_MS);
        continue;
      }
      next = Math.min(next, clock.millis() + IDLE_MS);
      for (const { dueAtMs } of stream.leases.values()) next = Math.min(next, dueAtMs);
    }
    if (next === Number.POSITIVE_INFINITY || (alarmAtMs !== null && alarmAtMs <= next)) return;
    alarmAtMs = Math.max(next, clock.millis() + SHORTEST_MS);
    alarm.set(alarmAtMs);
  }

  function send(stream: PresenceStream, event: PresenceEvent): void {
    if (!stream.isBegun) stream.early.add(event);
    else if (!stream.sink.send(event)) end(stream, 'closed');
  }

  async function round(): Promise<void> {
    const now = clock.millis();
    const due: KeptLease[] = [];
    for (const stream of streams.all()) {
      const signAtMs = settings.signAtMs(stream.id);
      if (signAtMs === null) {
        // It never came, or new code has closed it: the leases keep their ttl.
        if (now - stream.openedAtMs >= CONNECT_MS) end(stream, 'stopping');
        continue;
      }
      if (now - signAtMs > SILENT_MS) {
        end(stream, 'silent', signAtMs);
        continue;
      }
      for (const watched of stream.leases.values()) {
        const early = renewAfterMs({ ttl_seconds: watched.ttlSeconds }) * SHARE_TOGETHER;
        if (watched.dueAtMs <= now + early) due.push({ stream, watched });
      }
    }
    if (due.length > 0) await renewals.renewAll(due);
  }

  function end(stream: PresenceStream, reason: EndReason, signAtMs?: number): void {
    const now = clock.millis();
    const lastMs = signAtMs ?? settings.signAtMs(stream.id) ?? stream.openedAtMs;
    const leases = streams.end(stream, { reason, milliseconds: now - stream.openedAtMs });
    if (leases === null) return;
    records.delete(stream.id);
    if (reason === 'stopping' || reason === 'failed') return;
    const isLive = reason === 'closed' && now - lastMs <= LIVE_MS;
    const byGrace = timeAfter(clock.now(), stream.graceMs);
    const ownUpTo = fromUnixMillis(Math.min(now - NOTICED_MS, lastMs + UNNOTICED_MS));
    for (const watched of leases) {
      // Else the worker may have noticed it first: it has one ttl, as after its last heartbeat.
      const byTtl = timeAfter(fromUnixMillis(lastMs), watched.ttlSeconds * 1000);
      const until = isLive || millisBetween(byTtl, byGrace) > 0 ? byGrace : byTtl;
      ends.endAt(watched, until, { ownUpTo });
    }
  }

  return {
    open({ owner, sink, onEnd, graceMs }) {
      if (!streams.hasRoom()) return FULL;
      const stream = createPresenceStream({
        id: random.secret(),
        owner,
        sink,
        onEnd,
        graceMs: graceMs ?? settings.graceMs,
        signAt: clock.now(),
        now: clock.millis(),
        pingAtMs: 0,
      });
      streams.add(stream);
      saveSoon(stream);
      return ok(stream);
    },

    find: (id, owner) => streams.find(id, owner),

    async add(stream, token) {
      if (!streams.hasRoomFor(stream)) return FULL;
      const renewed = await renewal.renew(token);
      if (!renewed.ok || !streams.isOpen(stream)) return renewed;
      // Others may have been added meanwhile.
      if (!streams.hasRoomFor(stream)) return FULL;
      const dueAtMs = clock.millis() + dueAfterMs(renewed.value.ttl_seconds);
      const watched = watchLease(token, renewed.value, { now: clock.millis(), dueAtMs });
      const before = streams.keep(stream, watched);
      if (before !== null) saveSoon(before);
      saveSoon(stream);
      return renewed;
    },

    remove(stream, { leaseKey }) {
      streams.drop(stream, leaseKey);
      saveSoon(stream);
    },

    begin(stream, answers) {
      const { id, graceMs } = stream;
      stream.isBegun = true;
      send(stream, { type: 'open', id, graceMs, pingMs: PING_MS, silentMs: SILENT_MS, answers });
      for (const event of stream.early) send(stream, event);
      stream.early.clear();
    },

    // Its pings are the signs of a worker.
    confirm() {},

    end,

    connected() {
      arm();
    },

    closed(id, signAtMs) {
      const stream = streams.get(id);
      if (stream !== null) end(stream, 'closed', signAtMs);
    },

    learn: news => renewals.learn(news),

    async ring() {
      alarmAtMs = null;
      try {
        await round();
      } catch (error) {
        report({ kind: 'error', error });
      }
      arm();
    },

    async stop() {
      await ends.stop();
    },
  };
}
