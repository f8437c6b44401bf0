import * as z from 'zod';
import { isLoopback } from '../../lib/base/loopback.ts';

const Switch = z.enum(['true', 'false']).transform(text => text === 'true');

/** The parameters of the query. Unknown ones are refused: a spelling mistake would turn something off. */
const Parameters = z.strictObject({
  endpoint: z.array(z.string()).max(2, 'Expected one endpoint, or two').default([]),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'Expected the name of a region')
    .optional(),
  path_style: Switch.optional(),
  profile: z.string().min(1).optional(),
  allow_http: Switch.default(false),
});

export interface S3Place {
  readonly kind: 's3';
  readonly bucket: string;
  /** What all keys begin with: empty, or ending with a slash. */
  readonly prefix: string;
  /** None: that of AWS. Of two the second one is for the examination of the store. */
  readonly endpoints: readonly string[];
  /** Null: as the environment says it. */
  readonly region: string | null;
  /** Whether the bucket is in the path of URLs, and not in the host name. Null: as is usual at the endpoint. */
  readonly pathStyle: boolean | null;
  /** The section of the shared files with the credentials. Null: as the environment says it. */
  readonly profile: string | null;
  /** Whether an endpoint that is not of this machine may be one of http. */
  readonly allowsHttp: boolean;
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/;
/** A key has at most 1,024 bytes, and the store needs some 300 of them. */
const MAX_PREFIX_BYTES = 512;

/**
 * `s3://bucket/prefix?endpoint=https://host&region=name&path_style=true`. No issue repeats the URL: it may have credentials, which
 * do not belong there.
 */
export function readS3Place(url: URL, context: z.RefinementCtx): S3Place | null {
  const issues: string[] = [];
  if (!BUCKET.test(url.host)) issues.push('An S3 URL is s3://bucket or s3://bucket/prefix');
  if (url.username !== '' || url.password !== '') {
    issues.push('Credentials do not belong into the URL of a store');
  }
  const prefix = prefixIn(url.pathname);
  if (prefix === null || url.hash !== '')
    issues.push('The path of an S3 URL is not a prefix of keys');
  const { searchParams } = url;
  const given = Object.fromEntries(
    [...searchParams.keys()].map(name => [
      name,
      name === 'endpoint' ? searchParams.getAll(name) : searchParams.getAll(name).join(','),
    ]),
  );
  const parsed = Parameters.safeParse(given);
  for (const { path, message } of parsed.error?.issues ?? []) {
    issues.push(path.length === 0 ? message : `${path.join('.')}: ${message}`);
  }
  const { endpoint: endpoints = [], allow_http: allowsHttp = false } = parsed.data ?? {};
  for (const endpoint of endpoints) {
    const fault = endpointFault(endpoint, allowsHttp);
    if (fault !== null) issues.push(`endpoint: ${fault}`);
  }
  for (const issue of issues) context.addIssue(issue);
  if (issues.length > 0 || prefix === null || !parsed.success) return null;
  const { region = null, path_style, profile = null } = parsed.data;
  return {
    kind: 's3',
    bucket: url.host,
    prefix,
    endpoints,
    region,
    pathStyle: path_style ?? null,
    profile,
    allowsHttp,
  };
}

/** Why this is no endpoint; null if it is one. */
export function endpointFault(endpoint: string, allowsHttp: boolean): string | null {
  const url = URL.parse(endpoint);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'Expected a URL that begins with https:// or http://';
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return 'Expected a URL of a host, at most with a path';
  }
  if (url.protocol === 'https:' || isLoopback(url.hostname) || allowsHttp) return null;
  return 'Off this machine http is only used with allow_http=true: nothing would encrypt the jobs';
}

/** Null where the path is no prefix of keys that every server takes. */
function prefixIn(path: string): string | null {
  const parts = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (parts.length === 1 && parts[0] === '') return '';
  const names: string[] = [];
  for (const part of parts) {
    const name = decoded(part);
    if (name === '' || name === '.' || name === '..' || /[\p{Cc}/]/u.test(name)) return null;
    names.push(name);
  }
  const prefix = `${names.join('/')}/`;
  return new TextEncoder().encode(prefix).byteLength <= MAX_PREFIX_BYTES ? prefix : null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
