const TAG_BYTES = 1;
const HEADER_BYTES = 2;
const DOUBLE_BYTES = 8;

/** The reader's own: what it does to the value does nothing to what is stored. */
export function copyOfValue(value: unknown): unknown {
  // structuredClone() would also copy the buffer that the array is a view of, however large.
  return value instanceof Uint8Array ? new Uint8Array(value) : structuredClone(value);
}

/** The bytes that a value takes in Deno KV: an array of bytes as it is, all else as V8 serializes it. */
export function valueBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  return HEADER_BYTES + serializedBytes(value);
}

function serializedBytes(value: unknown): number {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return TAG_BYTES;
    case 'number':
      return TAG_BYTES + numberBytes(value);
    case 'string':
      return textBytes(value);
    case 'object':
      return objectBytes(value);
    case 'bigint':
    case 'function':
    case 'symbol':
      throw new TypeError(`The in-memory KV keeps no ${typeof value}`);
    default:
      throw new TypeError('The in-memory KV keeps no such value');
  }
}

function objectBytes(value: object | null): number {
  if (value === null) return TAG_BYTES;
  if (Array.isArray(value)) {
    const frame = 2 * TAG_BYTES + 2 * varintBytes(value.length) + varintBytes(0);
    return sum(value.map(serializedBytes)) + frame;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('The in-memory KV keeps a Uint8Array, or values that are made as JSON is');
  }
  const fields = Object.entries(value);
  const sizes = fields.map(([name, field]) => textBytes(name) + serializedBytes(field));
  return sum(sizes) + 2 * TAG_BYTES + varintBytes(fields.length);
}

function numberBytes(value: number): number {
  const isInt32 = (value | 0) === value && !Object.is(value, -0);
  // V8 takes its small integers zigzagged, the lowest bit for the sign.
  return isInt32 ? varintBytes(Math.abs(value) * 2) : DOUBLE_BYTES;
}

/** A byte for each character where all are Latin-1, else two. */
function textBytes(text: string): number {
  const bytes = /^[\0-\xff]*$/.test(text) ? text.length : text.length * 2;
  return TAG_BYTES + varintBytes(bytes) + bytes;
}

function varintBytes(value: number): number {
  return Math.max(1, Math.ceil(value.toString(2).length / 7));
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
