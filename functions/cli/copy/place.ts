import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isLoopback } from '../../../lib/base/loopback.ts';
import type { CopyFlags, StoreSpec } from './flags.ts';
import { Refusal } from './refusal.ts';

/** Throws a `Refusal` where both sides are one store, or the one is a folder inside the other's. */
export function requireTwoStores({ from, to }: Pick<CopyFlags, 'from' | 'to'>): void {
  if (nameOf(from) === nameOf(to)) throw new Refusal('--from and --to are the same store');
  if (from.medium !== 'file' || to.medium !== 'file') return;
  if (isInside(to.place, from.place)) throw new Refusal('--to is inside the folder of --from');
  if (isInside(from.place, to.place)) throw new Refusal('--from is inside the folder of --to');
}

/** Throws a `Refusal` where a copy on Deno KV would be lost, or the access token be told to who listens. */
export function requireSafePlace(place: string): void {
  if (place === ':memory:') {
    throw new Refusal('"deno-kv::memory:" is gone with the process that wrote it');
  }
  // SQLite takes such a name for a URI, which may stand for memory as well.
  if (/^file:/i.test(place))
    throw new Refusal(`"deno-kv:${place}" is no path: name the file itself`);
  const url = urlOf(place);
  if (url === null || url.protocol === 'https:' || isLoopback(url.hostname)) return;
  throw new Refusal(`"deno-kv:${place}" would send DENO_KV_ACCESS_TOKEN in clear text: use https`);
}

export function isUrl(place: string): boolean {
  return urlOf(place) !== null;
}

/** As `@deno/kv` tells a URL from a path. */
function urlOf(place: string): URL | null {
  const url = URL.parse(place);
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : null;
}

/** Two names of one store are one name here, links and relative paths followed. */
function nameOf({ medium, place }: StoreSpec): string {
  const isPath = (medium === 'file' || medium === 'deno-kv') && !isUrl(place);
  return `${medium}:${isPath ? realPath(place) : place}`;
}

function isInside(place: string, folder: string): boolean {
  const outer = realPath(folder);
  return realPath(place).startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}

/** Of what is not there yet, as much is followed as is there. */
function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : join(realPath(parent), basename(whole));
  }
}
