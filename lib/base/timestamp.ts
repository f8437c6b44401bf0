/**
 * A time in the format of the files: ISO 8601 with six digits of fraction or none, then `Z`, an offset
 * such as `+02:00`, or nothing for a naive time.
 */
export type Timestamp = string & { readonly [timestampBrand]: true };

declare const timestampBrand: unique symbol;

interface TimestampParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Minutes east of UTC. Null for a naive time. */
  readonly offsetMinutes: number | null;
}

const FIRST_MICROS = -62_135_596_800_000_000n;
const LAST_MICROS = BigInt(Date.UTC(9999, 11, 31, 23, 59, 59, 999)) * 1000n + 999n;

const FIRST_MILLIS = Number(FIRST_MICROS / 1000n);
const LAST_MILLIS = Number(LAST_MICROS / 1000n);

/** Formats parts that are already checked. An offset of zero becomes `Z`. */
export function formatTimestamp(parts: TimestampParts): Timestamp {
  const date = `${pad(parts.year, 4)}-${pad(parts.month, 2)}-${pad(parts.day, 2)}`;
  const time = `${pad(parts.hour, 2)}:${pad(parts.minute, 2)}:${pad(parts.second, 2)}`;
  const fraction = parts.micros === 0 ? '' : `.${pad(parts.micros, 6)}`;
  return mint(`${date}T${time}${fraction}${formatOffset(parts.offsetMinutes)}`);
}

/** The UTC time of microseconds since 1970, or null outside the years 1 to 9999. */
export function fromUnixMicros(unixMicros: bigint): Timestamp | null {
  if (unixMicros < FIRST_MICROS || unixMicros > LAST_MICROS) return null;
  const micros = ((unixMicros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((unixMicros - micros) / 1000n)).toISOString();
  // toISOString writes the years 1 to 9999 in four digits. Its milliseconds are always zero here.
  return mint(`${text.slice(0, 19)}${micros === 0n ? '' : `.${pad(Number(micros), 6)}`}Z`);
}

/** The UTC time of milliseconds since 1970. Throws a `RangeError` outside the years 1 to 9999. */
export function fromUnixMillis(unixMillis: number): Timestamp {
  const millis = Math.round(unixMillis);
  if (!(millis >= FIRST_MILLIS && millis <= LAST_MILLIS)) {
    throw new RangeError('The time is outside the years 1 to 9999');
  }
  const text = new Date(millis).toISOString();
  return mint(
    millis % 1000 === 0 ? `${text.slice(0, SECONDS_LENGTH)}Z` : `${text.slice(0, -1)}000Z`,
  );
}

/** Microseconds since 1970; a naive time is taken as UTC. */
export function toUnixMicros(time: Timestamp): bigint {
  if (isFullUtc(time)) {
    // The engine reads the milliseconds, and cuts the other digits off.
    return BigInt(Date.parse(time)) * 1000n + BigInt(time.slice(MILLIS_LENGTH, -1));
  }
  const [, date = '', micros = '', zone = ''] = TIMESTAMP.exec(time) ?? [];
  const millis = Date.parse(`${date}Z`);
  const offset = zone === 'Z' || zone === '' ? 0 : offsetMicros(zone);
  return BigInt(millis) * 1000n + BigInt(micros.padEnd(6, '0')) - BigInt(offset);
}

/**
 * Whether the texts alone tell that `left` is later: both are in UTC and their seconds differ. False also where only
 * parsing would tell.
 */
export function isClearlyLater(left: Timestamp, right: Timestamp): boolean {
  if (left <= right || !left.endsWith('Z') || !right.endsWith('Z')) return false;
  return left.slice(0, SECONDS_LENGTH) !== right.slice(0, SECONDS_LENGTH);
}

const SECONDS_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length;
const MILLIS_LENGTH = 'YYYY-MM-DDTHH:MM:SS.mmm'.length;

/** `now`, or `previous` plus one microsecond if `now` is not later than `previous`. */
export function strictlyAfter(previous: Timestamp, now: Timestamp): Timestamp {
  if (isFullUtc(previous) && isFullUtc(now) && previous < now) return now;
  const earliest = toUnixMicros(previous) + 1n;
  if (toUnixMicros(now) >= earliest) return now;
  // After the year 9999 no later time can be written, so the last one stays.
  return fromUnixMicros(earliest) ?? previous;
}

/** A key whose text order is the order of the instants. */
export function instantKey(time: Timestamp): string {
  if (isFullUtc(time)) {
    const millis = Date.parse(time) - FIRST_KEY_MILLIS;
    return `${millis}${time.slice(MILLIS_LENGTH, -1)}`.padStart(KEY_LENGTH, '0');
  }
  return String(toUnixMicros(time) - FIRST_KEY_MICROS).padStart(KEY_LENGTH, '0');
}

/** The microseconds since 1970 of a key made by `instantKey`. */
export function microsOfKey(key: string): number {
  return Number(BigInt(key) + FIRST_KEY_MICROS);
}

// One day before the year 1, so that an offset east of UTC does not make a key negative.
const FIRST_KEY_MICROS = FIRST_MICROS - 86_400_000_000n;
const FIRST_KEY_MILLIS = Number(FIRST_KEY_MICROS / 1000n);
const KEY_LENGTH = 18;

/** Whether the text has all digits and the zone `Z`, as nearly all have. Such texts sort by time. */
function isFullUtc(time: Timestamp): boolean {
  return time.length === 27 && time.endsWith('Z');
}

const TIMESTAMP = /^([0-9-]{10}T[0-9:]{8})(?:\.([0-9]{6}))?(Z|[+-][0-9]{2}:[0-9]{2})?$/;

function offsetMicros(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000_000;
}

function formatOffset(offsetMinutes: number | null): string {
  if (offsetMinutes === null) return '';
  if (offsetMinutes === 0) return 'Z';
  const size = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** The only place that mints the brand. The functions above checked or computed the text. */
function mint(text: string): Timestamp {
  return text as Timestamp;
}
