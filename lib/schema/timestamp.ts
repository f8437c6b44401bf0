import { formatTimestamp, fromUnixMicros, type Timestamp } from '../base/timestamp.ts';
import { isRawNumber } from '../json/value.ts';
import { MAX_NUMBER_CHARACTERS } from './float.ts';
import { leaf, type Refusal, refuse } from './leaf.ts';
import { needsExactParse } from './needs-exact-parse.ts';

/**
 * A time, coerced as in pydantic: ISO 8601 text, or a number (or its text) of seconds since 1970. A number
 * larger than 2e10 counts milliseconds. Digits after the microsecond are cut off in text and rounded in
 * numbers.
 */
export const Time = leaf({ kind: 'time' }, toTimestamp);

/** A number with a larger absolute value counts milliseconds. */
const MILLISECOND_THRESHOLD = 2e10;

function toTimestamp(input: unknown): Timestamp | Refusal {
  if (typeof input === 'string' && input.length > MAX_NUMBER_CHARACTERS) return notATime();
  if (typeof input === 'string') return fromText(input) ?? fromNumberText(input) ?? notATime();
  if (typeof input === 'number') {
    if (Number.isInteger(input) && !Number.isSafeInteger(input)) needsExactParse();
    return fromNumber(input) ?? notATime();
  }
  if (isRawNumber(input)) return fromNumber(Number(input.rawJSON)) ?? notATime();
  return notATime();
}

function notATime(): Refusal {
  return refuse('Input should be a valid datetime');
}

const ISO =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt _]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?([Zz]|[+\-\u2212][0-9]{2}:?[0-9]{2})?)?$/;

function fromText(input: string): Timestamp | null {
  const match = ISO.exec(input);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(part => Number(part ?? 0));
  const offsetMinutes = parseOffset(match[8]);
  if (offsetMinutes === 'invalid' || year < 1 || month < 1 || month > 12 || day < 1) return null;
  if (day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return null;
  const micros = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return formatTimestamp({ year, month, day, hour, minute, second, micros, offsetMinutes });
}

function parseOffset(text: string | undefined): number | null | 'invalid' {
  if (text === undefined) return null;
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) return 'invalid';
  return (text.startsWith('+') ? 1 : -1) * (hours * 60 + minutes);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function fromNumberText(input: string): Timestamp | null {
  if (/^[+-]?[0-9]+$/.test(input)) {
    const digits = input.replace(/^[+-]?0*/, '');
    // A 64-bit number has at most 19 digits, and converting very many digits takes very long.
    if (digits.length > 19) return null;
    const value = BigInt(digits) * (input.startsWith('-') ? -1n : 1n);
    return value >= -(2n ** 63n) && value < 2n ** 63n ? fromNumber(Number(value)) : null;
  }
  if (!/^[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(input)) return null;
  const value = Number(input);
  const seconds = Math.abs(value) > MILLISECOND_THRESHOLD ? value / 1000 : value;
  const whole = Math.floor(seconds);
  return fromUnix(whole, 0, Math.round((seconds - whole) * 1e6));
}

// As in pydantic, the absolute value of the fraction is added to the floor, so -1.25 becomes -1.75.
function fromNumber(value: number): Timestamp | null {
  if (!Number.isFinite(value)) return null;
  const whole = Math.floor(value);
  const fraction = Math.abs(value - Math.trunc(value));
  const inMillis = Math.abs(value) > MILLISECOND_THRESHOLD;
  const micros = Math.round(fraction * (inMillis ? 1e3 : 1e6));
  if (Math.abs(whole) <= MILLISECOND_THRESHOLD) return fromUnix(whole, 0, micros);
  const seconds = Math.floor(whole / 1000);
  return fromUnix(seconds, whole - seconds * 1000, micros);
}

function fromUnix(seconds: number, millis: number, micros: number): Timestamp | null {
  if (!Number.isSafeInteger(seconds)) return null;
  return fromUnixMicros(BigInt(seconds) * 1_000_000n + BigInt(millis * 1000 + micros));
}
