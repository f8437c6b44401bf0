import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isLoopback } from '../../../lib/base/loopback.ts';
import { JOB_KEYS } from '../../../lib/keys/job-id.ts';
import type { CopyFlags, StoreSpec } from './flags.ts';
import { Refusal } from './refusal.ts';

/** Throws a `Refusal` when both sides are the same store, or one folder is inside the other. */
export function requireTwoStores({ from, to }: Pick<CopyFlags, 'from' | 'to'>): void {
  if (nameOf(from) === nameOf(to)) throw new Refusal('--from and --to are the same store');
  if (from.medium === 's3' && to.medium === 's3') {
    if (isAmongJobs(to, from)) throw new Refusal('--to is among the jobs of --from');
    if (isAmongJobs(from, to)) throw new Refusal('--from is among the jobs of --to');
  }
  if (from.medium !== 'file' || to.medium !== 'file') return;
  if (isInside(to.place, from.place)) throw new Refusal('--to is inside the folder of --from');
  if (isInside(from.place, to.place)) throw new Refusal('--from is inside the folder of --to');
}

/** Throws a `Refusal` when the place of a service is no URL, or when the access token would be sent unencrypted. */
export function requireSafeService(place: string): void {
  const url = urlOf(place);
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new Refusal(
      `"service:${place}" is not the URL of a service, such as https://example.com`,
    );
  }
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return;
  throw new Refusal(`"service:${place}" would send the access token in clear text: use https`);
}

/** Throws a `Refusal` when a copy on Deno KV would be lost, or when the access token would be sent unencrypted. */
export function requireSafePlace(place: string): void {
  if (place === ':memory:') {
    throw new Refusal('"deno-kv::memory:" is lost when the process ends');
  }
  // SQLite reads such a name as a URI, which may mean memory.
  if (/^file:/i.test(place))
    throw new Refusal(`"deno-kv:${place}" is not a path: give the path of the file`);
  const url = urlOf(place);
  if (url === null || url.protocol === 'https:' || isLoopback(url.hostname)) return;
  throw new Refusal(`"deno-kv:${place}" would send DENO_KV_ACCESS_TOKEN in clear text: use https`);
}

export function isUrl(place: string): boolean {
  return urlOf(place) !== null;
}

/** Distinguishes a URL from a path as `@deno/kv` does. */
function urlOf(place: string): URL | null {
  const url = URL.parse(place);
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : null;
}

/** The same text for all names of one store: links and relative paths are resolved. */
function nameOf(spec: StoreSpec): string {
  const { medium, place } = spec;
  if (spec.medium === 's3') return `s3://${bucketName(spec)}/${spec.bucket.prefix}`;
  const isPath = (medium === 'file' || medium === 'deno-kv') && !isUrl(place);
  const name = medium === 'service' ? place.replace(/\/+$/, '') : place;
  return `${medium}:${isPath ? realPath(place) : name}`;
}

type BucketSpec = Extract<StoreSpec, { medium: 's3' }>;

/** All requests of a copy go to the first endpoint. */
function bucketName({ bucket: { bucket, endpoints } }: BucketSpec): string {
  return `${endpoints[0]?.replace(/\/+$/, '') ?? ''}/${bucket}`;
}

/** Whether the objects of one would be jobs of the other. */
function isAmongJobs(inner: BucketSpec, outer: BucketSpec): boolean {
  const jobs = `${outer.bucket.prefix}${JOB_KEYS}`;
  return bucketName(inner) === bucketName(outer) && inner.bucket.prefix.startsWith(jobs);
}

function isInside(place: string, folder: string): boolean {
  const outer = realPath(folder);
  return realPath(place).startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}

/** Resolves the existing part of a path. The rest may be missing. */
function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : join(realPath(parent), basename(whole));
  }
}
