import { describe, expect, it } from 'vitest';
import { createKeptStreams } from '../../lib/presence/kept-streams.ts';
import { createPresenceStream, type PresenceStream } from '../../lib/presence/presence-stream.ts';
import type { WatchedLease } from '../../lib/presence/watched-lease.ts';
import { frozenClock } from '../support/clock.ts';

function streamOf(id: string): PresenceStream {
  return createPresenceStream({
    id,
    owner: 'w',
    graceMs: 0,
    sink: { send: () => true, isUnreachable: () => false, end: () => undefined },
    onEnd: () => undefined,
    signAt: frozenClock().now(),
    now: 0,
    pingAtMs: 0,
  });
}

/** What counting needs of a lease. */
const leaseOf = (leaseKey: string) => ({ token: { leaseKey } }) as WatchedLease;

describe('the room for streams', () => {
  it('hasRoom() is for 2,000 streams', () => {
    const streams = createKeptStreams({ maxLeases: 10_000 });
    for (let nth = 0; nth < 2000; nth += 1) {
      expect(streams.hasRoom()).toBe(true);
      streams.add(streamOf(`s-${nth}`));
    }
    expect(streams.hasRoom()).toBe(false);
  });

  it('hasRoomFor() is for 1,000 leases of a stream, while there is room in all', () => {
    const streams = createKeptStreams({ maxLeases: 1500 });
    const [one, other] = [streamOf('one'), streamOf('other')];
    for (let nth = 0; nth < 1000; nth += 1) {
      expect(streams.hasRoomFor(one)).toBe(true);
      streams.keep(one, leaseOf(`a-${nth}`));
    }
    expect([streams.hasRoomFor(one), streams.hasRoomFor(other)]).toEqual([false, true]);
    for (let nth = 0; nth < 500; nth += 1) streams.keep(other, leaseOf(`b-${nth}`));
    expect(streams.hasRoomFor(other)).toBe(false);
  });
});
