import { describe, expect, it } from 'vitest';
import { createAnswerReader } from './answer-reader.ts';

const reader = () => createAnswerReader({ keepsBodies: true });
const bytes = (text: string) => Buffer.from(text);

describe('createAnswerReader', () => {
  it('read() returns the body when its last byte comes, in however many parts', () => {
    const parts = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'.split('');
    const { read } = reader();
    const answers = parts.map(part => read(bytes(part)));
    expect(answers.slice(0, -1).every(answer => answer === null)).toBe(true);
    expect(answers.at(-1)).toBe('hello');
  });

  it('read() reads one answer after the other', () => {
    const { read } = reader();
    expect(read(bytes('HTTP/1.1 204 No Content\r\n\r\n'))).toBe('');
    expect(read(bytes('HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}'))).toBe('{}');
  });

  it('read() ends a chunked answer at its empty chunk', () => {
    const { read } = reader();
    expect(read(bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n'))).toBe(
      null,
    );
    expect(read(bytes('0\r\n\r\n'))).toContain('{}');
  });

  it('read() throws with the answer when it is no success', () => {
    const { read } = reader();
    expect(() => read(bytes('HTTP/1.1 409 Conflict\r\nContent-Length: 1\r\n\r\nx'))).toThrow('409');
  });

  it('read() throws when nothing says where the answer ends', () => {
    expect(() => reader().read(bytes('HTTP/1.1 200 OK\r\n\r\n'))).toThrow('without an end');
  });
});
