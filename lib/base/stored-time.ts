import { fromUnixMicros, type Timestamp, toUnixMicros } from './timestamp.ts';

/** A time in the index: microseconds since 1970 where they give back its text, else the text. A number takes a third of the memory. */
export type StoredTime = number | Timestamp;

/** The text must own its memory. */
export function storedTime(time: Timestamp): StoredTime {
  return isPlain(time) ? Number(toUnixMicros(time)) : time;
}

export function timeOf(time: StoredTime): Timestamp {
  if (typeof time !== 'number') return time;
  const text = fromUnixMicros(BigInt(time));
  if (text === null) throw new TypeError(`${time} is no time of the index`);
  return text;
}

/** In UTC, and early enough for its microseconds to be a safe integer. Other years are rare. */
const PLAIN = /^(?:19[7-9]|20[0-9]|21[0-9])[0-9].{15}(?:\.(?!000000)[0-9]{6})?Z$/;

function isPlain(time: Timestamp): boolean {
  return PLAIN.test(time);
}
