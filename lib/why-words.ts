import { millisBetween } from './lease/lease-rules.ts';
import type { Timestamp } from './timestamp.ts';

/* How durations, counts and names are put into sentences. */

export function ago(from: Timestamp, now: Timestamp): string {
  return `${seconds(millisBetween(from, now))} ago`;
}

export function ahead(to: Timestamp, now: Timestamp): string {
  return `in ${seconds(millisBetween(now, to))}`;
}

export function seconds(milliseconds: number): string {
  return `${Math.round(Math.max(0, milliseconds) / 100) / 10} s`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}
