import { type Field, fieldsOf } from './fields.ts';

const VERSION_BYTES = 2;
const TAG = 1;
const DOUBLE = 8;
const BIG_DIGIT = 8;

/** Counts the bytes that V8's serializer writes (format version 15). The count depends on the current offset. */
interface Count {
  bytes: number;
  /** Objects in the order of their first use. A second use is written as a number. */
  readonly ids: Map<object, number>;
}

/**
 * The size of a value in V8's format. The value must come from `structuredClone()`: it contains no class instances and
 * no getters. An array with a missing element counts as sparse, any other as dense.
 */
export function serializedBytes(value: unknown): number {
  const count: Count = { bytes: VERSION_BYTES, ids: new Map() };
  add(count, value);
  return count.bytes;
}

function add(count: Count, value: unknown): void {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      count.bytes += TAG;
      return;
    case 'number':
      count.bytes += TAG + numberBytes(value);
      return;
    case 'bigint':
      count.bytes += TAG + bigintBytes(value);
      return;
    case 'string':
      addText(count, value);
      return;
    case 'object':
      addObject(count, value);
      return;
    case 'function':
    case 'symbol':
      throw new TypeError(`${String(value)} could not be cloned.`);
    default:
      throw new TypeError('A value of an unknown type could not be cloned.');
  }
}

function addObject(count: Count, value: object | null): void {
  if (value === null) {
    count.bytes += TAG;
    return;
  }
  const met = count.ids.get(value);
  if (met !== undefined) {
    count.bytes += TAG + varintBytes(met);
    return;
  }
  // A buffer is written before its view.
  if (ArrayBuffer.isView(value)) add(count, value.buffer);
  count.ids.set(value, count.ids.size);
  count.bytes += TAG;
  for (const field of fieldsOf(value)) addField(count, field);
}

function addField(count: Count, field: Field): void {
  switch (field.kind) {
    case 'value':
      add(count, field.value);
      return;
    case 'tag':
      count.bytes += TAG;
      return;
    case 'count':
      count.bytes += varintBytes(field.count);
      return;
    case 'double':
      count.bytes += DOUBLE;
      return;
    case 'bigint':
      count.bytes += bigintBytes(field.value);
      return;
    case 'bytes':
      count.bytes += field.bytes;
      return;
    default:
      field satisfies never;
  }
}

function numberBytes(value: number): number {
  const isInt32 = (value | 0) === value && !Object.is(value, -0);
  // V8 writes small integers in zigzag form: the lowest bit is the sign.
  return isInt32 ? varintBytes(value < 0 ? -value * 2 - 1 : value * 2) : DOUBLE;
}

/** The sign and the length, then digits of 64 bits. */
function bigintBytes(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude === 0n ? 0 : Math.ceil(magnitude.toString(16).length / 16);
  return varintBytes(digits * BIG_DIGIT * 2) + digits * BIG_DIGIT;
}

/** One byte per character if all are Latin-1; otherwise two, which begin at an even offset. */
function addText(count: Count, text: string): void {
  const isLatin1 = /^[\0-\xff]*$/.test(text);
  const bytes = isLatin1 ? text.length : text.length * 2;
  const head = TAG + varintBytes(bytes);
  const isOdd = (count.bytes + head) % 2 === 1;
  count.bytes += (!isLatin1 && isOdd ? TAG : 0) + head + bytes;
}

function varintBytes(value: number): number {
  return Math.max(1, Math.ceil(value.toString(2).length / 7));
}
