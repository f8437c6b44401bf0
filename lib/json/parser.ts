import { ownText } from '../base/own-text.ts';
import { integerValue, MAX_INTEGER_DIGITS, plainFloatValue } from './number.ts';
import { closingQuote } from './token.ts';
import {
  INFINITY,
  isIndexKey,
  type JsonValue,
  NAN,
  NEGATIVE_INFINITY,
  orderedObject,
  setOwn,
} from './value.ts';

/** The deepest nesting of containers, the same for files and for requests. */
export const MAX_DEPTH = 200;

/** The text is not JSON. `position` counts UTF-16 units from 0. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** The text is JSON, but exceeds a limit that protects the service. */
export class JsonLimitError extends Error {
  override readonly name = 'JsonLimitError';
}

/** The engine reads a longer string faster than a loop, in which each character is looked at. */
const LONG_STRING = 256;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

export interface ParseOptions {
  /** Whether NaN, Infinity and -Infinity are accepted, as Python does in files. */
  readonly nonFinite: boolean;
  /**
   * A member of the document with its own parser. `take` gets the offset at which its value, an object,
   * starts, and returns the value and the offset after it. For null this parser parses the value.
   */
  readonly member?: {
    readonly key: string;
    take(start: number): { readonly value: JsonValue; readonly end: number } | null;
  };
  /** For a text that is a part of a larger one: its nesting depth there and the length of the whole. */
  readonly part?: { readonly depth: number; readonly wholeLength: number };
}

/**
 * Parses JSON text into values that preserve number kinds, digits and key order.
 * Throws `JsonSyntaxError` or `JsonLimitError`.
 */
export function parseExactly(text: string, options: ParseOptions): JsonValue {
  const wholeLength = options.part?.wholeLength ?? text.length;
  let at = 0;

  function fail(message: string): never {
    throw new JsonSyntaxError(message, at);
  }

  function skipSpace(): number {
    let code = text.charCodeAt(at);
    while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(++at);
    return code;
  }

  function value(depth: number): JsonValue {
    const code = skipSpace();
    if (code === 34) return string('value');
    if (code === 123) return object(depth + 1);
    if (code === 91) return array(depth + 1);
    if ((code >= 48 && code <= 57) || code === 45) return number();
    return literal();
  }

  function string(role: 'key' | 'value'): string {
    const start = at + 1;
    let end = text.indexOf('"', start);
    if (end < 0) fail('Unterminated string');
    if (end - start > LONG_STRING) {
      end = closingQuote(text, start);
      if (end < 0) fail('Unterminated string');
      return escaped(start, end);
    }
    let index = start;
    for (; index < end; index++) {
      const code = text.charCodeAt(index);
      if (code === 92 || code < 32) break;
    }
    if (index === end) {
      at = end + 1;
      // The engine itself copies the keys of its objects.
      return role === 'key' ? text.slice(start, end) : copySlice(start, end);
    }
    end = closingQuote(text, start);
    if (end < 0) fail('Unterminated string');
    return escaped(start, end);
  }

  // A slice keeps the whole text in memory. Only a slice that is most of the text may do so; others are copied.
  function copySlice(start: number, end: number): string {
    const part = text.slice(start, end);
    return part.length * 2 > wholeLength ? part : ownText(part);
  }

  // The engine decodes escapes faster than a loop and applies all their rules.
  function escaped(start: number, end: number): string {
    try {
      const decoded: unknown = JSON.parse(text.slice(start - 1, end + 1));
      at = end + 1;
      return String(decoded);
    } catch {
      return fail('Bad escape or control character in string');
    }
  }

  function number(): JsonValue {
    // Most numbers are short integers. Those are read without a regular expression.
    let index = text.charCodeAt(at) === 45 ? at + 1 : at;
    const first = index;
    let code = text.charCodeAt(index);
    let small = 0;
    while (code >= 48 && code <= 57 && index - first < 15) {
      small = small * 10 + (code - 48);
      code = text.charCodeAt(++index);
    }
    const digits = index - first;
    const plain = !(code >= 48 && code <= 57) && code !== 46 && code !== 101 && code !== 69;
    if (plain && digits > 0 && (digits === 1 || text.charCodeAt(first) !== 48)) {
      const negative = first !== at;
      at = index;
      return negative && small !== 0 ? -small : small;
    }
    return anyNumber();
  }

  function anyNumber(): JsonValue {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (match === null) return literal();
    const [written, fraction, exponent] = match;
    if (fraction !== undefined || exponent !== undefined) {
      at += written.length;
      return plainFloatValue(Number(written));
    }
    if (written.length - (written.startsWith('-') ? 1 : 0) > MAX_INTEGER_DIGITS) {
      throw new JsonLimitError(`An integer has more than ${MAX_INTEGER_DIGITS} digits`);
    }
    at += written.length;
    return integerValue(written);
  }

  function literal(): JsonValue {
    if (text.startsWith('null', at)) return take(4, null);
    if (text.startsWith('true', at)) return take(4, true);
    if (text.startsWith('false', at)) return take(5, false);
    if (options.nonFinite) {
      if (text.startsWith('NaN', at)) return take(3, NAN);
      if (text.startsWith('Infinity', at)) return take(8, INFINITY);
      if (text.startsWith('-Infinity', at)) return take(9, NEGATIVE_INFINITY);
    }
    return fail(at >= text.length ? 'Unexpected end of text' : 'Expecting a value');
  }

  function take<T>(length: number, result: T): T {
    at += length;
    return result;
  }

  function array(depth: number): JsonValue {
    checkDepth(depth);
    at++;
    const items: JsonValue[] = [];
    if (skipSpace() === 93) return take(1, items);
    for (;;) {
      items.push(value(depth));
      const code = skipSpace();
      if (code === 93) return take(1, items);
      if (code !== 44) fail("Expecting ',' or ']'");
      at++;
    }
  }

  function object(depth: number): JsonValue {
    checkDepth(depth);
    at++;
    const plain: Record<string, JsonValue> = {};
    if (skipSpace() === 125) return take(1, plain);
    let entries: [string, JsonValue][] | null = null;
    let lastIndex = -1;
    let named = false;
    for (;;) {
      if (skipSpace() !== 34) fail('Expecting a key in double quotes');
      const key = string('key');
      if (skipSpace() !== 58) fail("Expecting ':'");
      at++;
      const item = depth === 1 ? member(key) : value(depth);
      if (entries === null) {
        if (!isIndexKey(key)) named = true;
        else if (named || (Number(key) < lastIndex && !Object.hasOwn(plain, key))) {
          // A JavaScript object would move this key before an earlier one.
          entries = Object.entries(plain);
        } else lastIndex = Math.max(lastIndex, Number(key));
      }
      if (entries === null) setOwn(plain, key, item);
      else entries.push([ownText(key), item]);
      const code = skipSpace();
      if (code === 125) return take(1, entries === null ? plain : orderedObject(entries));
      if (code !== 44) fail("Expecting ',' or '}'");
      at++;
    }
  }

  function member(key: string): JsonValue {
    if (key !== options.member?.key || skipSpace() !== 123) return value(1);
    const taken = options.member.take(at);
    if (taken === null) return value(1);
    at = taken.end;
    return taken.value;
  }

  function checkDepth(depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonLimitError(`Nested deeper than ${MAX_DEPTH}`);
  }

  const result = value(options.part?.depth ?? 0);
  skipSpace();
  if (at < text.length) fail('Unexpected text after the value');
  return result;
}
