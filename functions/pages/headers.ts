import { PAGE_RESOURCES } from '../http/resources.ts';

/**
 * The headers of the dashboard's files, in one place for all runtimes: the service sends them on Node and Deno, and
 * the build writes them into the file `_headers`, which Cloudflare reads.
 */

/** No script, style, image or call but those of the service itself. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Their names have a hash of their content. */
const HASHED = '/assets/';
const KEEP: Readonly<Record<string, string>> = {
  'Cache-Control': 'public, max-age=31536000, immutable',
};
/** May be kept, and is asked for again before it is used. */
const ASK_AGAIN: Readonly<Record<string, string>> = { 'Cache-Control': 'no-cache' };

/** The headers of the file at a path of the service, without those of its type and length. */
export function pageHeaders(path: string): Readonly<Record<string, string>> {
  return { ...SECURITY_HEADERS, ...(path.startsWith(HASHED) ? KEEP : ASK_AGAIN) };
}

/**
 * The text of `_headers` for Cloudflare. Rules that match one path add up, and a header of two of them would have two
 * values, so the paths without a hash are named one by one.
 */
export function headersFile(): string {
  const single = Object.keys(PAGE_RESOURCES).filter(path => !path.startsWith(HASHED));
  return [
    rule('/*', SECURITY_HEADERS),
    rule(`${HASHED}*`, KEEP),
    ...single.map(path => rule(path, ASK_AGAIN)),
  ].join('');
}

function rule(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
  return [`${path}\n`, ...lines].join('');
}
