/** One part of what V8 writes for an object after its tag. */
export type Field =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'tag' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'double' }
  | { readonly kind: 'bigint'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly bytes: number };

const END: Field = { kind: 'tag' };
const SUBTAG: Field = { kind: 'tag' };
const DOUBLE: Field = { kind: 'double' };
const LARGEST_INDEX = 2 ** 32 - 2;
const INDEX = /^(?:0|[1-9][0-9]*)$/;
/** The errors whose name V8 writes, as a tag. */
const ERROR_NAMES = /^(?:Eval|Range|Reference|Syntax|Type|URI)Error$/;

/** Throws the error of Deno when Deno does not store such an object. */
export function* fieldsOf(object: object): Generator<Field> {
  if (Array.isArray(object)) yield* fieldsOfArray(object);
  else if (ArrayBuffer.isView(object)) yield* fieldsOfView(object);
  else if (object instanceof Map) yield* fieldsOfItems([...object].flat(1), object.size * 2);
  else if (object instanceof Set) yield* fieldsOfItems([...object], object.size);
  else if (object instanceof ArrayBuffer) yield* fieldsOfBuffer(object);
  else if (object instanceof Error) yield* fieldsOfError(object);
  else if (object instanceof RegExp) yield* [valueField(object.source), countField(0)];
  else if (Object.getPrototypeOf(object) === Object.prototype) {
    yield* properties(Object.entries(object));
  } else yield* fieldsOfPrimitive(object);
}

/** The fields of a wrapper object of a number, a text and so on. */
function* fieldsOfPrimitive(object: object): Generator<Field> {
  const type = Object.prototype.toString.call(object).slice('[object '.length, -1);
  switch (type) {
    case 'Date':
    case 'Number':
      yield DOUBLE;
      return;
    case 'String':
      yield valueField(String.prototype.valueOf.call(object));
      return;
    case 'BigInt':
      yield { kind: 'bigint', value: BigInt.prototype.valueOf.call(object) };
      return;
    case 'Boolean':
      return;
    default:
      throw new Error(`#<${type}> could not be cloned.`);
  }
}

/** A dense array: its elements. A sparse array: its indexes and values. Then its named properties. */
function* fieldsOfArray(array: readonly unknown[]): Generator<Field> {
  const entries = Object.entries(array);
  const named = entries.filter(([name]) => !isIndex(name));
  const isDense = entries.length - named.length === array.length;
  yield countField(array.length);
  if (isDense) for (const element of array) yield valueField(element);
  yield* properties(isDense ? named : entries);
  yield countField(array.length);
}

/** The names and values, an end, and their number. */
function* properties(entries: readonly (readonly [string, unknown])[]): Generator<Field> {
  for (const [name, value] of entries) {
    yield valueField(isIndex(name) ? Number(name) : name);
    yield valueField(value);
  }
  yield END;
  yield countField(entries.length);
}

function* fieldsOfItems(items: readonly unknown[], count: number): Generator<Field> {
  for (const item of items) yield valueField(item);
  yield END;
  yield countField(count);
}

function* fieldsOfBuffer(buffer: ArrayBuffer): Generator<Field> {
  yield countField(buffer.byteLength);
  if (buffer.resizable) yield countField(buffer.maxByteLength);
  yield { kind: 'bytes', bytes: buffer.byteLength };
}

/** The buffer is written before the view. */
function* fieldsOfView({ byteOffset, byteLength }: ArrayBufferView): Generator<Field> {
  yield SUBTAG;
  yield countField(byteOffset);
  yield countField(byteLength);
  yield countField(0);
}

function* fieldsOfError(error: Error): Generator<Field> {
  if (ERROR_NAMES.test(error.name)) yield SUBTAG;
  for (const name of ['message', 'cause', 'stack'] as const) {
    if (!Object.hasOwn(error, name)) continue;
    yield SUBTAG;
    yield valueField(error[name]);
  }
  yield END;
}

function isIndex(name: string): boolean {
  return INDEX.test(name) && Number(name) <= LARGEST_INDEX;
}

function valueField(value: unknown): Field {
  return { kind: 'value', value };
}

function countField(count: number): Field {
  return { kind: 'count', count };
}
