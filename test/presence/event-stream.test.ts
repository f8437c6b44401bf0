import { describe, expect, it } from 'vitest';
import { createEventStream, eventText } from '../../functions/http/event-stream.ts';

const EVENT = { type: 'ping' } as const;
const KB = 'x'.repeat(1024);

describe('createEventStream()', () => {
  it('has a limit for what its reader leaves unread', () => {
    const stream = createEventStream(() => KB, { onClosed: () => undefined });
    let sent = 0;
    while (stream.send(EVENT)) sent += 1;
    expect(sent).toBe(256);
    stream.end();
  });

  it('disconnects a reader that has left too much unread, and no other one', () => {
    const disconnected: string[] = [];
    const open = (name: string) =>
      createEventStream(() => KB, {
        onClosed: () => undefined,
        disconnect: () => void disconnected.push(name),
      });
    const slow = open('slow');
    while (slow.send(EVENT)) expect(disconnected).toEqual([]);
    const other = open('other');
    other.send(EVENT);
    for (const stream of [slow, other, slow]) stream.end();
    expect(disconnected).toEqual(['slow']);
  });

  it('has no limit for what is read', async () => {
    const stream = createEventStream(() => KB, { onClosed: () => undefined });
    const reader = stream.body.getReader();
    for (let nth = 0; nth < 1000; nth++) {
      expect(stream.send(EVENT)).toBe(true);
      await reader.read();
    }
    stream.end();
  });

  it('has a limit for all readers together, beside which small backlogs are kept', () => {
    const streams = Array.from({ length: 100 }, () =>
      createEventStream(() => KB, { onClosed: () => undefined }),
    );
    for (const stream of streams) for (let nth = 0; nth < 200; nth++) stream.send(EVENT);
    const late = createEventStream(() => KB, { onClosed: () => undefined });
    expect(streams.map(stream => stream.send(EVENT))).not.toContain(true);
    expect(late.send(EVENT)).toBe(true);
    for (const stream of [...streams, late]) stream.end();
    const next = createEventStream(() => KB.repeat(100), { onClosed: () => undefined });
    expect(next.send(EVENT)).toBe(true);
    next.end();
  });

  it('says once that the client has closed it, and sends nothing more', async () => {
    let closed = 0;
    const stream = createEventStream(() => KB, {
      onClosed: () => {
        closed += 1;
      },
    });
    await stream.body.cancel();
    expect([stream.send(EVENT), closed]).toEqual([false, 1]);
    stream.end();
    expect(closed).toBe(1);
  });
});

describe('eventText()', () => {
  it('keeps line breaks out of the lines of an event', () => {
    expect(eventText('ping', { text: 'a\nb\r' })).toBe(
      'event: ping\ndata: {"text":"a\\nb\\r"}\n\n',
    );
  });
});
