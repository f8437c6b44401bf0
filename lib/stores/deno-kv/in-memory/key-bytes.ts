import type { KvKey, KvKeyPart } from '../kv-like.ts';

/**
 * A key as Deno KV encodes it, which is FoundationDB's tuple layer: for each part a byte for its type and then
 * its value, so that bytes have the order of values. One character stands for one byte, because JavaScript compares
 * and hashes texts natively.
 */
export function keyBytes(key: KvKey): string {
  if (!Array.isArray(key)) throw new TypeError('A key must be an array');
  // Not map(), which would skip a missing part.
  return Array.from(key, partBytes).join('');
}

export const BYTES = 0x01;
export const STRING = 0x02;
export const BIG_ZERO = 0x14;
export const DOUBLE = 0x21;
export const FALSE = 0x26;
export const TRUE = 0x27;
/** A larger bigint has an extra byte with the number of bytes that follow. */
export const MAX_SHORT_BIG_BYTES = 8;

const TEXT = new TextEncoder();
const MAX_BIG_BYTES = 0xff;

function partBytes(part: KvKeyPart): string {
  if (typeof part === 'string') return terminated(STRING, TEXT.encode(part));
  if (typeof part === 'number') return doubleBytes(part);
  if (typeof part === 'bigint') return bigintBytes(part);
  if (typeof part === 'boolean') return String.fromCharCode(part ? TRUE : FALSE);
  if (ArrayBuffer.isView(part)) return terminated(BYTES, bytesOfView(part));
  throw new TypeError('expected string, number, bigint, ArrayBufferView, boolean');
}

function bytesOfView({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A zero byte ends the part. A zero byte inside is followed by 0xff. */
function terminated(type: number, bytes: Uint8Array): string {
  const escaped = binaryOf(bytes).replaceAll('\0', '\0\xff');
  return `${String.fromCharCode(type)}${escaped}\0`;
}

/** A positive number has its sign bit inverted, a negative number all bits. */
function doubleBytes(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const isNegative = bits >> 63n === 1n;
  view.setBigUint64(0, isNegative ? ~bits : bits | (1n << 63n));
  return `${String.fromCharCode(DOUBLE)}${binaryOf(new Uint8Array(view.buffer))}`;
}

/** The type contains the number of bytes up to 8; above that an extra byte does. A negative number has all bits inverted. */
function bigintBytes(value: bigint): string {
  const isNegative = value < 0n;
  const magnitude = magnitudeBytes(isNegative ? -value : value);
  const length = magnitude.length;
  const isShort = length <= MAX_SHORT_BIG_BYTES;
  if (length > MAX_BIG_BYTES) {
    throw new TypeError(
      `Invalid mutation: BigUint requires more than ${MAX_BIG_BYTES} bytes to be represented`,
    );
  }
  const steps = isShort ? length : MAX_SHORT_BIG_BYTES + 1;
  const type = isNegative ? BIG_ZERO - steps : BIG_ZERO + steps;
  const bytes = isShort ? magnitude : [length, ...magnitude];
  const flip = isNegative ? 0xff : 0;
  return `${String.fromCharCode(type)}${binaryOf(Uint8Array.from(bytes, byte => byte ^ flip))}`;
}

function magnitudeBytes(magnitude: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = magnitude; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return bytes;
}

function binaryOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => String.fromCharCode(byte)).join('');
}
