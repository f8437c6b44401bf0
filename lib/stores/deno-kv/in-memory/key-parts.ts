import type { KvKeyPart } from '../kv-like.ts';
import { BIG_ZERO, BYTES, DOUBLE, FALSE, MAX_SHORT_BIG_BYTES, STRING, TRUE } from './key-bytes.ts';

interface Read {
  readonly part: KvKeyPart;
  /** Where the next part begins. */
  readonly end: number;
}

const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });
const DOUBLE_BYTES = 8;

/** The key that these bytes encode, as Deno returns it: a new array each time. */
export function keyOf(bytes: string): KvKeyPart[] {
  const key: KvKeyPart[] = [];
  for (let start = 0; start < bytes.length; ) {
    const { part, end } = readPart(bytes, start);
    key.push(part);
    start = end;
  }
  return key;
}

function readPart(bytes: string, start: number): Read {
  const type = bytes.charCodeAt(start);
  switch (type) {
    case BYTES:
      return readTerminated(bytes, start + 1);
    case STRING: {
      const { part, end } = readTerminated(bytes, start + 1);
      return { part: TEXT.decode(part), end };
    }
    case DOUBLE:
      return readDouble(bytes, start + 1);
    case FALSE:
    case TRUE:
      return { part: type === TRUE, end: start + 1 };
    default:
      return readBigint(bytes, start);
  }
}

/** Reads up to a zero byte that is not followed by 0xff. */
function readTerminated(bytes: string, start: number) {
  let end = start;
  while (bytes.charCodeAt(end) !== 0 || bytes.charCodeAt(end + 1) === 0xff) {
    end += bytes.charCodeAt(end) === 0 ? 2 : 1;
  }
  const binary = bytes.slice(start, end).replaceAll('\0\xff', '\0');
  return { part: bytesOf(binary), end: end + 1 };
}

function readDouble(bytes: string, start: number): Read {
  const end = start + DOUBLE_BYTES;
  const view = new DataView(bytesOf(bytes.slice(start, end)).buffer);
  const bits = view.getBigUint64(0);
  const isPositive = bits >> 63n === 1n;
  view.setBigUint64(0, isPositive ? bits & ~(1n << 63n) : ~bits);
  return { part: view.getFloat64(0), end };
}

function readBigint(bytes: string, start: number): Read {
  const steps = bytes.charCodeAt(start) - BIG_ZERO;
  const flip = steps < 0 ? 0xff : 0;
  const isShort = Math.abs(steps) <= MAX_SHORT_BIG_BYTES;
  const length = isShort ? Math.abs(steps) : bytes.charCodeAt(start + 1) ^ flip;
  const first = start + (isShort ? 1 : 2);
  let magnitude = 0n;
  for (const byte of bytesOf(bytes.slice(first, first + length))) {
    magnitude = (magnitude << 8n) | BigInt(byte ^ flip);
  }
  return { part: steps < 0 ? -magnitude : magnitude, end: first + length };
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(binary, character => character.charCodeAt(0));
}
