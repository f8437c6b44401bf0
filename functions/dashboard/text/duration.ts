const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** A length of time in at most two units: `3 h 20 min`, `41 s`, `0.4 s`. Negative lengths count as 0. */
export function durationText(millis: number): string {
  const seconds = Math.max(0, millis / 1000);
  if (seconds < 10) return `${trimmed(seconds)} s`;
  const whole = Math.floor(seconds);
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const [name, size] = UNITS[first] ?? ['s', 1];
  const rest = whole % size;
  const second = UNITS[first + 1];
  const count = Math.floor(whole / size);
  // Days with minutes, or hours with seconds, say nothing more.
  const small = second === undefined || count >= 10 ? 0 : Math.floor(rest / second[1]);
  return small === 0 ? `${count} ${name}` : `${count} ${name} ${small} ${second?.[0] ?? ''}`;
}

/** A length of time in one unit, for columns: `3 h`, `41 s`. */
export function shortDuration(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const [name, size] = UNITS.find(([, unit]) => seconds >= unit) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${name}`;
}

/** How long ago: `now` below two seconds, `3 min ago`. */
export function agoText(millis: number): string {
  return millis < 2_000 ? 'now' : `${shortDuration(millis)} ago`;
}

function trimmed(seconds: number): string {
  return seconds === 0 || seconds >= 9.95 ? String(Math.round(seconds)) : seconds.toFixed(1);
}
