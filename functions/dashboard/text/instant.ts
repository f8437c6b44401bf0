/** Milliseconds since 1970 of an instant of the service; null for null and for what is no instant. */
export function millisOf(instant: string | null | undefined): number | null {
  if (instant === null || instant === undefined) return null;
  const millis = Date.parse(instant);
  return Number.isNaN(millis) ? null : millis;
}

/** The instant in the time zone of the reader, to the second: `2026-11-28 14:03:07`. */
export function localText(millis: number): string {
  const time = new Date(millis);
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${clockText(millis)}`;
}

/** The time of day in the time zone of the reader: `14:03:07`. */
export function clockText(millis: number): string {
  const time = new Date(millis);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
}

/** The value of an `input` of the type `datetime-local`; empty for an empty instant. */
export function inputText(instant: string): string {
  const millis = millisOf(instant);
  return millis === null ? '' : localText(millis).replace(' ', 'T').slice(0, 16);
}

/** The instant of the value of such an input; empty where it is not complete. */
export function instantOfInput(value: string): string {
  const millis = millisOf(value);
  return millis === null ? '' : new Date(millis).toISOString();
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
