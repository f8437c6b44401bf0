import type { Stats } from '../../../lib/client/answers.ts';
import type { Colours } from '../terminal/colours.ts';
import { agoText } from '../terminal/duration.ts';
import { printable } from '../terminal/printable.ts';

const TITLE_CHARACTERS = 15;

/** The counts of a service as lines. */
export function statsLines(stats: Stats, colours: Colours): string[] {
  const { total, at_least, leases, oldest_waiting_at, corrupt, limits } = stats;
  const nowMs = Date.parse(stats.server_time);
  const facts: readonly (readonly [string, string | null])[] = [
    ['jobs', `${at_least ? 'at least ' : ''}${total}`],
    ['by status', counts(stats.jobs)],
    ['by standing', counts(stats.standing)],
    ['oldest waiting', oldest_waiting_at === null ? 'none' : agoText(oldest_waiting_at, nowMs)],
    ['leases', `${leases.live} live, ${leases.stalled} stalled`],
    ['corrupt files', corrupt === null ? null : String(corrupt)],
    ['store', members(stats.store)],
    ['false alarms', stats.false_alarms === null ? null : members(stats.false_alarms)],
    ['last sweep', stats.sweep === null ? null : members(stats.sweep, nowMs)],
    ['last doctor', stats.doctor === null ? null : members(stats.doctor, nowMs)],
  ];
  return [
    ...facts.flatMap(([title, text]) =>
      text === null ? [] : [`${colours.dim(title.padEnd(TITLE_CHARACTERS))} ${text}`],
    ),
    ...limits.map(
      limit => `${colours.yellow('limit'.padEnd(TITLE_CHARACTERS))} ${printable(limit)}`,
    ),
  ];
}

/** What there is any of. */
function counts(given: Readonly<Record<string, number>>): string {
  const some = Object.entries(given).filter(([, count]) => count > 0);
  if (some.length === 0) return 'none';
  return some.map(([name, count]) => `${count} ${printable(name)}`).join(', ');
}

/** The simple members of an object; times as how long ago they were. */
function members(given: Readonly<Record<string, unknown>>, nowMs?: number): string {
  const parts = Object.entries(given).flatMap(([name, value]) => {
    const words = name.replaceAll('_', ' ');
    if (typeof value === 'boolean') return [printable(value ? words : `no ${words}`)];
    if (typeof value === 'number') return [printable(`${words} ${value}`)];
    if (typeof value !== 'string') return [];
    if (nowMs !== undefined && name === 'at') return [agoText(value, nowMs)];
    return [name === 'name' ? printable(value) : printable(`${words} ${value}`)];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}
