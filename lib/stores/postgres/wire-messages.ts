import { Buffer } from 'node:buffer';
import { viewOf } from './body-text.ts';
import type { SqlValue } from './client.ts';

/** A statement with its values, as a message that runs it has them. */
export interface BoundStatement {
  /** The name under which the session has it. */
  readonly name: string;
  readonly values: readonly SqlValue[];
}

/** Bytes from this size on are sent from where they are: to copy them costs more than another part of the message. */
const LARGE_BYTES = 4 * 1024;

/** A text takes at most so many bytes for each of its UTF-16 units. */
const BYTES_PER_UNIT = 3;

const BIND = 0x42;
const NO_PORTAL = 0;
const TEXT = 0;
const BINARY = 1;
/** Executes the portal without a name, to its last row. */
const EXECUTE = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0]);
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

const TRUE = 't';
const FALSE = 'f';

/**
 * Messages that bind values to statements and execute them, in parts that are to be sent in their order. The driver would copy each
 * body several times, and write every message on its own.
 */
export interface Messages {
  add(statement: BoundStatement): void;
  /** Ends the transaction of all statements since the last one. */
  sync(): void;
  /** What was added since the last call. */
  take(): readonly Buffer[];
}

export function createMessages(): Messages {
  const parts: Buffer[] = [];

  return {
    add(statement) {
      for (const part of boundParts(statement)) parts.push(part);
    },
    sync: () => void parts.push(SYNC),
    take: () => merged(parts.splice(0)),
  };
}

function boundParts({ name, values }: BoundStatement): Buffer[] {
  const buffer = Buffer.allocUnsafe(mostBytes(name, values));
  const parts: Buffer[] = [];
  let start = 0;
  let largeBytes = 0;
  // The length, which is known at the end, goes behind the first byte.
  buffer[0] = BIND;
  buffer[5] = NO_PORTAL;
  let at = 6 + buffer.write(name, 6, 'utf8');
  buffer[at++] = 0;
  at = buffer.writeInt16BE(values.length, at);
  for (const value of values) at = buffer.writeInt16BE(isBytes(value) ? BINARY : TEXT, at);
  at = buffer.writeInt16BE(values.length, at);
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    if (!isBytes(value)) {
      const bytes = buffer.write(textOf(value), at + 4, 'utf8');
      at = buffer.writeInt32BE(bytes, at) + bytes;
      continue;
    }
    at = buffer.writeInt32BE(value.byteLength, at);
    if (value.byteLength < LARGE_BYTES) {
      buffer.set(value, at);
      at += value.byteLength;
      continue;
    }
    parts.push(buffer.subarray(start, at), viewOf(value));
    largeBytes += value.byteLength;
    start = at;
  }
  // All columns of rows as text.
  at = buffer.writeInt16BE(1, at);
  at = buffer.writeInt16BE(TEXT, at);
  buffer.writeInt32BE(at - 1 + largeBytes, 1);
  EXECUTE.copy(buffer, at);
  parts.push(buffer.subarray(start, at + EXECUTE.length));
  return parts;
}

/** Of a message, without large bytes. */
function mostBytes(name: string, values: readonly SqlValue[]): number {
  let bytes = 32 + name.length * BYTES_PER_UNIT + values.length * 6;
  for (const value of values) {
    if (typeof value === 'string') bytes += value.length * BYTES_PER_UNIT;
    else if (!isBytes(value)) bytes += 1;
    else if (value.byteLength < LARGE_BYTES) bytes += value.byteLength;
  }
  return bytes;
}

function isBytes(value: SqlValue): value is Uint8Array {
  return typeof value === 'object' && value !== null;
}

function textOf(value: string | boolean): string {
  if (typeof value === 'string') return value;
  return value ? TRUE : FALSE;
}

/** Neighbours that are small are one part. */
function merged(parts: readonly Buffer[]): readonly Buffer[] {
  const found: Buffer[] = [];
  let small: Buffer[] = [];

  function endRun(): void {
    const [first] = small;
    if (first !== undefined) found.push(small.length === 1 ? first : Buffer.concat(small));
    small = [];
  }

  for (const part of parts) {
    if (part.length < LARGE_BYTES) {
      small.push(part);
      continue;
    }
    endRun();
    found.push(part);
  }
  endRun();
  return found;
}
