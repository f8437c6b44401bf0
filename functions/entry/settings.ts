import * as z from 'zod';
import { readAccessList } from '../../lib/access/access-list.ts';
import type { StateLimits } from '../../lib/checkpoint/limits.ts';
import type { AllowedOrigins } from '../http/env.ts';
import type { IntakeLimits } from '../http/intake.ts';

/** An integer in a setting. Coercion would read an empty text as 0, and accept 0x50. */
export const Whole = z
  .string()
  .regex(/^[0-9]{1,15}$/, 'Expected an integer')
  .transform(Number);

export const Bytes = Whole.pipe(
  z
    .number()
    .min(1)
    .max(2 ** 31),
);

export const Count = Whole.pipe(z.number().min(1).max(1_000_000_000));

/** After so many days the sweep deletes finished jobs. */
export const RetentionDays = Whole.pipe(z.number().min(1).max(36_500));

/** How long a lease goes on after the connection of its holder broke. */
export const GraceMs = Whole.pipe(z.number().max(600_000));
export const DEFAULT_GRACE_MS = 2000;

/** The limits as an entry sets them. */
interface GivenLimits {
  readonly bodyBytes: number;
  readonly sheets: number;
  readonly stateBytes: number | undefined;
  readonly requestsInFlight: number;
  readonly bytesInFlight: number | undefined;
}

/** The limits of states and of requests in flight. Bytes that are not set follow from those of a body. */
export function limitsOf(given: GivenLimits): { state: StateLimits; intake: IntakeLimits } {
  const { bodyBytes, sheets, stateBytes = bodyBytes, bytesInFlight = 2 * bodyBytes } = given;
  return {
    state: { sheets, bytes: stateBytes },
    intake: { requests: given.requestsInFlight, bytes: bytesInFlight },
  };
}

/** The limits in variables of the edge entries. */
export function variableLimits(config: {
  readonly MAX_BODY_BYTES: number;
  readonly MAX_SHEETS: number;
  readonly MAX_STATE_BYTES?: number | undefined;
  readonly MAX_REQUESTS_IN_FLIGHT: number;
  readonly MAX_BYTES_IN_FLIGHT?: number | undefined;
}): ReturnType<typeof limitsOf> {
  return limitsOf({
    bodyBytes: config.MAX_BODY_BYTES,
    sheets: config.MAX_SHEETS,
    stateBytes: config.MAX_STATE_BYTES,
    requestsInFlight: config.MAX_REQUESTS_IN_FLIGHT,
    bytesInFlight: config.MAX_BYTES_IN_FLIGHT,
  });
}

/** The list of access tokens, as `npm run token` prints its entries. */
export const AccessTokens = z.string().transform((text, context) => {
  const read = readAccessList(text);
  if (read.ok) return read.list;
  context.addIssue(read.reason);
  return z.NEVER;
});

/** As `AccessTokens`. At the edge nobody is served without tokens. */
export const EdgeAccessTokens = AccessTokens.default(() => ({ size: 0, find: () => null }));

/** Origins as browsers send them, separated by commas; `*` alone for all. */
export const CorsOrigins = z.string().transform((text, context): AllowedOrigins => {
  const origins = text
    .split(',')
    .map(origin => origin.trim())
    .filter(origin => origin !== '');
  if (origins.length === 1 && origins[0] === '*') return 'any';
  const wrong = origins.find(origin => !isWebOrigin(origin));
  if (wrong !== undefined) {
    const got = JSON.stringify(wrong);
    context.addIssue(`Expected origins such as https://app.example, or * alone: ${got} is none`);
  }
  return new Set(origins);
});

/** Browsers send an origin in lower case, without a path, and without the port that its scheme implies. */
function isWebOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.parse(text)?.origin === text;
}

/** The mode of new files, as octal digits. */
export const StateMode = z
  .string()
  .regex(/^0?[0-7]{3}$/, 'Expected octal digits as in 0600, 0640 or 0660')
  .transform(digits => Number.parseInt(digits, 8))
  .refine(mode => (mode & 0o600) === 0o600, 'The owner must be able to read and write')
  .refine(mode => (mode & 0o111) === 0, 'State files are not programs: leave out the x bits');

/** Whether the state folder may be on a file system that machines share. */
export const AllowNetworkFileSystem = z.enum(['true', 'false']).transform(text => text === 'true');

export const LogLevel = z.enum(['debug', 'info', 'warning', 'error']);

/** For development: the store is examined at the start, and loopback needs no token. */
export const Development = z.enum(['true', 'false']).transform(text => text === 'true');

/** One line for each wrong setting. What may be secret is not repeated: tokens, and a URL with a password. */
export function settingFaults(
  error: z.ZodError,
  input: Readonly<Record<string, unknown>>,
): string[] {
  return error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const got = /token|^STORE$/i.test(name) ? '' : `, got ${JSON.stringify(input[name])}`;
    return `${name}: ${message}${got}`;
  });
}
