import * as z from 'zod';
import { checkPart } from '../../lib/checkpoint/codec.ts';
import { ok, type Result } from '../../lib/failure.ts';
import { isRawNumber } from '../../lib/json/value.ts';
import { writeLayout } from '../../lib/json/writer.ts';
import {
  DEFAULT_TTL_SECONDS,
  MAX_HOLDER_CHARACTERS,
  MAX_PROGRESS_BYTES,
  MAX_TTL_SECONDS,
  MIN_TTL_SECONDS,
} from '../../lib/lease/lease.ts';
import { redactedValue } from '../../lib/redaction/redacted-value.ts';
import { redactCredentials } from '../../lib/redaction/redaction.ts';
import type { HttpContext } from './env.ts';

/** The largest body of a request about leases: a hundred heartbeats with the longest tokens fit. */
export const LEASE_BODY_BYTES = 256 * 1024;

/** Checks that the store supports leases. */
export function checkLeaseSupport(c: HttpContext): Result<null> {
  return c.env.leases.supported();
}

const RANGE = `A lease lasts ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS} seconds`;

/** The exact parser keeps 60.0 as a raw number. */
export const WholeNumber = z
  .unknown()
  .transform(value => (isRawNumber(value) ? Number(value.rawJSON) : value));

const Ttl = WholeNumber.pipe(
  z
    .int('Expected a whole number of seconds')
    .min(MIN_TTL_SECONDS, RANGE)
    .max(MAX_TTL_SECONDS, RANGE),
);

const Holder = z
  .string()
  .max(MAX_HOLDER_CHARACTERS)
  .regex(/\S/, 'A holder needs a name that is not blank')
  .refine(holder => holder.isWellFormed(), 'A holder has no lone surrogates');

/** The progress that a holder reports: any value, as plain JSON, with credentials redacted. */
const ProgressReport = z.unknown().transform((value, context) => {
  if (value === undefined) return undefined;
  const plain: unknown = JSON.parse(writeLayout(redactedValue(value), 'null'));
  const bytes = new TextEncoder().encode(JSON.stringify(plain)).byteLength;
  if (bytes <= MAX_PROGRESS_BYTES) return plain;
  context.addIssue(`Progress has at most ${MAX_PROGRESS_BYTES} bytes of JSON`);
  return z.NEVER;
});

export const LeaseBody = z.strictObject({
  holder: Holder,
  ttl_seconds: Ttl.default(DEFAULT_TTL_SECONDS),
});

const MAX_CLAIMED_JOBS = 100;
const CLAIM_RANGE = `A claim takes 1 to ${MAX_CLAIMED_JOBS} jobs`;
const MAX_WAIT_SECONDS = 30;
const WAIT_RANGE = `A claim waits 0 to ${MAX_WAIT_SECONDS} seconds`;

export const ClaimBody = z.strictObject({
  holder: Holder,
  ttl_seconds: Ttl.default(DEFAULT_TTL_SECONDS),
  job_name: z.string().nullable().default(null),
  max: WholeNumber.pipe(
    z.int('Expected a whole number of jobs').min(1, CLAIM_RANGE).max(MAX_CLAIMED_JOBS, CLAIM_RANGE),
  ).default(1),
  wait_seconds: WholeNumber.pipe(
    z.number('Expected seconds').min(0, WAIT_RANGE).max(MAX_WAIT_SECONDS, WAIT_RANGE),
  ).default(0),
  start_next: z.boolean().default(false),
});

const HEARTBEAT = {
  progress: ProgressReport.optional(),
  /** The sheet that the progress is of. */
  sheet: WholeNumber.pipe(z.int('Expected a number of a sheet').min(1)).optional(),
  ttl_seconds: Ttl.optional(),
};

const SHEET_ALONE = { path: ['sheet'], error: 'A sheet is named with its progress only' };

export const HeartbeatBody = z.strictObject(HEARTBEAT).refine(isWithProgress, SHEET_ALONE);

function isWithProgress(beat: {
  readonly sheet?: number | undefined;
  readonly progress?: unknown;
}): boolean {
  return beat.sheet === undefined || beat.progress !== undefined;
}

const MAX_HEARTBEATS = 100;

/** Each heartbeat is checked on its own, and has its own answer. */
export const HeartbeatsBody = z.strictObject({
  beats: z
    .array(z.unknown())
    .max(MAX_HEARTBEATS, `A request has at most ${MAX_HEARTBEATS} heartbeats`),
});

export const TokenHeartbeat = z
  .strictObject({ token: z.string(), ...HEARTBEAT })
  .refine(isWithProgress, SHEET_ALONE);
export type TokenHeartbeat = z.infer<typeof TokenHeartbeat>;

/** Reads the heartbeat that is at `path` in a body. */
export function readTokenHeartbeat(sent: unknown, path: string): Result<TokenHeartbeat> {
  const token = tokenAlone(sent);
  return token === null ? checkPart(sent, TokenHeartbeat, path) : ok({ token });
}

/** The token of a heartbeat that has nothing else. Nearly all are so, and the schema takes longer than a renewal. */
function tokenAlone(sent: unknown): string | null {
  if (typeof sent !== 'object' || sent === null || !('token' in sent)) return null;
  for (const name in sent) if (name !== 'token') return null;
  return typeof sent.token === 'string' ? sent.token : null;
}

/** The text of a lease token in a body. */
export const LeaseToken = z.string();

export const EmptyBody = z.strictObject({});

const MAX_MESSAGE_CHARACTERS = 500;

export const ControlBody = z.strictObject({
  error_message: z
    .string()
    .max(MAX_MESSAGE_CHARACTERS)
    .transform(redactCredentials)
    .nullable()
    .default(null),
});
