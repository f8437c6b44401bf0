import { describe, expect, it } from 'vitest';
import { createObjectRoom, createSharedRoom } from '../../functions/cloudflare/shared-room.ts';
import { frozenClock } from '../support/clock.ts';

const LIMITS = { requests: 8, bytes: 1_000_000 };
const REQUEST = { urgent: true };

describe('the room of the objects of an isolate', () => {
  it('leaves room for other jobs where one has as many requests as it may have', () => {
    const shared = createSharedRoom(LIMITS, frozenClock());
    const busy = createObjectRoom(LIMITS, shared);
    const other = createObjectRoom(LIMITS, shared);
    const tickets = Array.from({ length: 8 }, () => busy.enter(REQUEST));
    expect(tickets).not.toContain(null);
    expect(busy.enter(REQUEST)).toBeNull();
    expect(other.enter(REQUEST)).not.toBeNull();
    tickets[0]?.leave();
    expect(busy.enter(REQUEST)).not.toBeNull();
  });

  it('is limited for all of them together', () => {
    const shared = createSharedRoom(LIMITS, frozenClock());
    const rooms = Array.from({ length: 5 }, () => createObjectRoom(LIMITS, shared));
    const tickets = rooms.flatMap(room => Array.from({ length: 8 }, () => room.enter(REQUEST)));
    expect(tickets.filter(ticket => ticket !== null)).toHaveLength(32);
    tickets[0]?.leave();
    expect(rooms[4]?.enter(REQUEST)).not.toBeNull();
  });

  it('has the bytes of one Worker, whatever the number of objects', () => {
    const shared = createSharedRoom(LIMITS, frozenClock());
    const tickets = Array.from({ length: 3 }, () =>
      createObjectRoom(LIMITS, shared).enter(REQUEST),
    );
    expect(tickets.map(ticket => ticket?.takeBody(400_000))).toEqual([true, true, false]);
    tickets[0]?.leave();
    expect(tickets[2]?.takeBody(400_000)).toBe(true);
  });

  it('comes back after two minutes from an object that was reset and gives nothing back', () => {
    const clock = frozenClock();
    const shared = createSharedRoom(LIMITS, clock);
    for (let nth = 0; nth < 4; nth += 1) {
      const lost = createObjectRoom(LIMITS, shared);
      for (let request = 0; request < 8; request += 1) lost.enter(REQUEST);
    }
    const room = createObjectRoom(LIMITS, shared);
    clock.advance(119_000);
    expect(room.enter(REQUEST)).toBeNull();
    clock.advance(1_000);
    expect(room.enter(REQUEST)).not.toBeNull();
  });
});
