/** A value of a JSON text. An integer that a number cannot hold exactly is a `bigint`. */
export type ExactValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ExactValue[]
  | { readonly [name: string]: ExactValue };

/** Only a text with a number of so many digits can lose some: all shorter integers are below 2^53. */
const LONG_NUMBER = /[0-9]{16}/;
const INTEGER = /^-?[0-9]+$/;

/**
 * Parses a JSON text and keeps every digit of its integers. Throws a `SyntaxError` for a text that is not JSON. The reviver
 * that sees the source of each number is ten times slower, so it runs only for texts that need it.
 */
export function parseExact(text: string): ExactValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as ExactValue;
  return JSON.parse(text, keepDigits) as ExactValue;
}

function keepDigits(
  _name: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}

export type ExactObject = Readonly<Record<string, ExactValue>>;

export function isObject(value: unknown): value is ExactObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member as a text; null where it is none. */
export function textAt(value: ExactObject, name: string): string | null {
  const member = value[name];
  return typeof member === 'string' ? member : null;
}

/** The member as a number or a big integer; null where it is neither. */
export function numberAt(value: ExactObject, name: string): number | bigint | null {
  const member = value[name];
  return typeof member === 'number' || typeof member === 'bigint' ? member : null;
}

/** The value as JSON text with all digits. */
export function exactText(value: ExactValue, indent = ''): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = isList
    ? value.map((item: ExactValue) => inner + exactText(item, inner))
    : Object.entries(value).map(
        ([name, item]) => `${inner}${JSON.stringify(name)}: ${exactText(item, inner)}`,
      );
  const [open, close] = isList ? '[]' : '{}';
  if (lines.length === 0) return `${open}${close}`;
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
