import { fail, ok, type Result } from '../failure.ts';
import type { EndReason } from './presence-event.ts';
import { MAX_STREAM_LEASES, MAX_STREAMS } from './presence-limits.ts';
import type { EndSummary, PresenceStream } from './presence-stream.ts';
import type { WatchedLease } from './watched-lease.ts';

/** The open streams of a process or an object, and which of them keeps a lease. */
export interface KeptStreams {
  readonly size: number;
  all(): Iterable<PresenceStream>;
  /** The streams that keep leases, by the keys of the leases. */
  readonly keepers: ReadonlyMap<string, PresenceStream>;
  /** Whether one more stream may be opened. */
  hasRoom(): boolean;
  /** Whether the stream may keep one more lease. */
  hasRoomFor(stream: PresenceStream): boolean;
  add(stream: PresenceStream): void;
  isOpen(stream: PresenceStream): boolean;
  get(id: string): PresenceStream | null;
  /** Failure: `presence_not_found`, also for a stream of another owner. */
  find(id: string, owner: string): Result<PresenceStream>;
  /** A lease and its stream. Null if no stream keeps it. */
  kept(
    leaseKey: string,
  ): { readonly stream: PresenceStream; readonly watched: WatchedLease } | null;
  /** The stream keeps the lease from now on. The one that has kept it until now, if there is one. */
  keep(stream: PresenceStream, watched: WatchedLease): PresenceStream | null;
  /** The stream does not keep the lease any more. Null if it did not. */
  drop(stream: PresenceStream, leaseKey: string): WatchedLease | null;
  /** Ends the stream: its reader gets the reason, unless it has gone. Its leases; null if it has ended before. */
  end(
    stream: PresenceStream,
    summary: Pick<EndSummary, 'milliseconds'> & { readonly reason: EndReason },
  ): readonly WatchedLease[] | null;
}

export function createKeptStreams({
  maxLeases,
  maxStreams = MAX_STREAMS,
  maxStreamLeases = MAX_STREAM_LEASES,
}: {
  readonly maxLeases: number;
  readonly maxStreams?: number;
  readonly maxStreamLeases?: number;
}): KeptStreams {
  const streams = new Map<string, PresenceStream>();
  const keepers = new Map<string, PresenceStream>();

  function drop(stream: PresenceStream, key: string): WatchedLease | null {
    const watched = stream.leases.get(key) ?? null;
    stream.leases.delete(key);
    if (keepers.get(key) === stream) keepers.delete(key);
    return watched;
  }

  return {
    get size() {
      return streams.size;
    },
    keepers,
    all: () => streams.values(),
    hasRoom: () => streams.size < maxStreams,
    hasRoomFor: ({ leases }) => leases.size < maxStreamLeases && keepers.size < maxLeases,
    add: stream => void streams.set(stream.id, stream),
    isOpen: stream => streams.get(stream.id) === stream,
    get: id => streams.get(id) ?? null,

    find(id, owner) {
      const stream = streams.get(id);
      return stream?.owner === owner ? ok(stream) : fail({ code: 'presence_not_found' });
    },

    kept(leaseKey) {
      const stream = keepers.get(leaseKey);
      const watched = stream?.leases.get(leaseKey);
      return stream === undefined || watched === undefined ? null : { stream, watched };
    },

    keep(stream, watched) {
      const key = watched.token.leaseKey;
      const before = keepers.get(key) ?? null;
      if (before !== null) drop(before, key);
      stream.leases.set(key, watched);
      keepers.set(key, stream);
      return before;
    },

    drop,

    end(stream, { reason, milliseconds }) {
      if (streams.get(stream.id) !== stream) return null;
      streams.delete(stream.id);
      const leases = [...stream.leases.values()];
      for (const { token } of leases) drop(stream, token.leaseKey);
      if (reason !== 'closed') stream.sink.send({ type: 'closing', reason });
      stream.sink.end();
      stream.onEnd({ reason, leases: leases.length, milliseconds });
      return leases;
    },
  };
}
