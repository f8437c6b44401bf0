const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** A length of time in its two largest units: `45s`, `3m 20s`, `2h 5m`, `5d 3h`. */
export function durationText(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return two(ms, [MINUTE, 'm'], [SECOND, 's']);
  if (ms < DAY) return two(ms, [HOUR, 'h'], [MINUTE, 'm']);
  return two(ms, [DAY, 'd'], [HOUR, 'h']);
}

type Unit = readonly [milliseconds: number, name: string];

function two(ms: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)}${largeName}`;
  return rest === 0 ? first : `${first} ${rest}${smallName}`;
}

/** How long ago an instant was, in its largest unit: `3m ago`. A dash for none, or for a text that is no instant. */
export function agoText(instant: string | null | undefined, nowMs: number): string {
  const at = Date.parse(instant ?? '');
  if (Number.isNaN(at)) return '-';
  return `${durationText(nowMs - at).split(' ', 1)[0]} ago`;
}

/** Milliseconds of `90s`, `15m`, `12h` or `30d`; null for another text. */
export function readDuration(text: string): number | null {
  const [, count, unit = ''] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? [];
  const length = UNITS[unit];
  return count === undefined || length === undefined ? null : Number(count) * length;
}
