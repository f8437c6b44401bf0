import { describe, expect, it } from 'vitest';
import { createEventParser } from '../../lib/worker/client/server-events.ts';

const TEXT =
  ': hello\n\nevent: ping\ndata: {"a":1}\n\nid: 7\ndata:one\r\ndata: two\r\n\r\ndata\n\n';
const EVENTS = [
  { name: 'ping', data: '{"a":1}' },
  { name: '', data: 'one\ntwo' },
  { name: '', data: '' },
];

describe('createEventParser()', () => {
  it('reads events, and skips comments and ids', () => {
    expect(createEventParser()(TEXT)).toEqual(EVENTS);
  });

  it('reads the same wherever the text is cut', () => {
    for (let at = 0; at <= TEXT.length; at++) {
      const parse = createEventParser();
      expect([...parse(TEXT.slice(0, at)), ...parse(TEXT.slice(at))]).toEqual(EVENTS);
    }
  });

  it('reads the same character by character', () => {
    const parse = createEventParser();
    expect(TEXT.split('').flatMap(parse)).toEqual(EVENTS);
  });

  it('reads nothing before the end of an event', () => {
    expect(createEventParser()('event: ping\ndata: {}\n')).toEqual([]);
  });

  it('refuses an event without an end', () => {
    const parse = createEventParser();
    const endless = (): void => {
      for (let nth = 0; nth < 10; nth++) parse(`data: ${'x'.repeat(1 << 20)}\n`);
    };
    expect(endless).toThrow(RangeError);
  });
});
