import * as z from 'zod';
import { ok, type Result } from '../../lib/failure.ts';
import type { Presence } from '../../lib/presence/presence.ts';
import type { HttpContext } from './env.ts';
import { WholeNumber } from './lease-request.ts';

/** The largest body: a thousand of the longest tokens fit. */
export const PRESENCE_BODY_BYTES = 512 * 1024;

const MAX_TOKENS = 1000;
const MAX_GRACE_MS = 600_000;
const GRACE_RANGE = `A grace lasts 0 to ${MAX_GRACE_MS} ms`;

/** Each token is checked on its own, and has its own answer. */
const Tokens = z
  .array(z.unknown())
  .max(MAX_TOKENS, `A request has at most ${MAX_TOKENS} tokens`)
  .default([]);

export const PresenceBody = z.strictObject({
  tokens: Tokens,
  grace_ms: WholeNumber.pipe(
    z
      .int('Expected a whole number of milliseconds')
      .min(0, GRACE_RANGE)
      .max(MAX_GRACE_MS, GRACE_RANGE),
  ).optional(),
});

export const PresenceChange = z.strictObject({ tokens: Tokens, remove: Tokens });

/** The streams of the service. Failure: `presence_unsupported`. */
export function readPresence(c: HttpContext): Result<Presence> {
  const { presence } = c.env;
  return presence === null
    ? { ok: false, failure: { code: 'presence_unsupported' } }
    : ok(presence);
}

/** Identifies the access token of a request. */
export function ownerOf(c: HttpContext): string {
  const access = c.get('access');
  return access === undefined ? '' : JSON.stringify([access.name, access.scope, access.prefix]);
}
