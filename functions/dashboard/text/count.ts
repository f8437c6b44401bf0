const GROUPS = /\B(?=(?:[0-9]{3})+$)/g;

/** A count with all its digits in groups of three: `12,345`. */
export function countText(value: number | bigint): string {
  const text = String(value);
  const digits = text.replace(/^-/, '');
  return text.startsWith('-')
    ? `-${digits.replaceAll(GROUPS, ',')}`
    : digits.replaceAll(GROUPS, ',');
}

/** `1 job`, `2 jobs`. */
export function amountText(value: number | bigint, noun: string): string {
  return `${countText(value)} ${noun}${Number(value) === 1 ? '' : 's'}`;
}

/** The share of the total as a percentage between 0 and 100, never 100 before all is done. */
export function percentOf(done: number | bigint, total: number | bigint): number {
  const share = Number(total) > 0 ? (Number(done) / Number(total)) * 100 : 0;
  const whole = Math.floor(Math.max(0, Math.min(100, share)));
  return done < total ? Math.min(99, whole) : whole;
}

/** Bytes as `512 B`, `3.4 KB`, `24 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} KB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}
