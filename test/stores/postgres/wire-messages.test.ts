import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import { Connection } from 'pg';
import { describe, expect, it } from 'vitest';
import type { SqlValue } from '../../../lib/stores/postgres/client.ts';
import { type BoundStatement, createMessages } from '../../../lib/stores/postgres/wire-messages.ts';

/** What the driver itself sends. */
function driverBytes(statements: readonly BoundStatement[]): Buffer {
  const written: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  const connection = new Connection({ stream: () => stream });
  for (const { name, values } of statements) {
    connection.bind({ portal: '', statement: name, values: values.map(driverValue) }, true);
    connection.execute(null, true);
  }
  connection.sync();
  return Buffer.concat(written);
}

function driverValue(value: SqlValue): string | Buffer | null {
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

function ownParts(statements: readonly BoundStatement[]): readonly Buffer[] {
  const messages = createMessages();
  for (const statement of statements) messages.add(statement);
  messages.sync();
  const parts = messages.take();
  expect(messages.take()).toEqual([]);
  return parts;
}

const LONG = new Uint8Array(40_000).map((_, index) => index);
const VALUES: readonly (readonly SqlValue[])[] = [
  [],
  [null],
  [true, false, '', 'a'],
  ['é', '漢字', '😀', '\u{d800}', 'x'.repeat(5_000), 'é'.repeat(5_000)],
  [new Uint8Array(), new Uint8Array([0, 255]), LONG.subarray(7, 4_102), LONG.subarray(7, 4_103)],
  ['key', 'v1', null, LONG, true, 'label', null, LONG.subarray(1), 'last'],
  Array.from({ length: 300 }, (_, index) => `${index}`),
];

describe('messages', () => {
  it.each(VALUES.map(values => ({ values })))(
    'are those of the driver for $values',
    ({ values }) => {
      const statements = [{ name: 's1', values }];
      expect(Buffer.concat(ownParts(statements)).equals(driverBytes(statements))).toBe(true);
    },
  );

  it('of several statements are those of the driver, as few parts, with long bytes as they are', () => {
    const statements = [...VALUES, ...VALUES].map((values, index) => ({
      name: `s${index}`,
      values,
    }));
    const parts = ownParts(statements);
    expect(Buffer.concat(parts).equals(driverBytes(statements))).toBe(true);
    expect(parts.filter(({ buffer }) => buffer === LONG.buffer)).toHaveLength(6);
    expect(parts.length).toBeLessThan(20);
  });
});
