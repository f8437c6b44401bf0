import * as z from 'zod';
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

/** The largest body of a request about leases: a hundred heartbeats of the longest tokens fit in. */
export const LEASE_BODY_BYTES = 256 * 1024;

const RANGE = `A lease lasts ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS} seconds`;

const Ttl = z
  // 60.0 is a number of its own to the exact parser.
  .unknown()
  .transform(value => (isRawNumber(value) ? Number(value.rawJSON) : value))
  .pipe(
    z
      .int('Expected a whole number of seconds')
      .min(MIN_TTL_SECONDS, RANGE)
      .max(MAX_TTL_SECONDS, RANGE),
  );

const Holder = z
  .string()
  .max(MAX_HOLDER_CHARACTERS)
  .regex(/\S/, 'A holder has a name')
  .refine(holder => holder.isWellFormed(), 'A holder has no lone surrogates');

/** Anything that a holder tells of its progress, as plain JSON, credentials redacted. */
const ProgressReport = z.unknown().transform((value, context) => {
  if (value === undefined) return undefined;
  const plain: unknown = JSON.parse(writeLayout(redactedValue(value), 'null'));
  const bytes = new TextEncoder().encode(JSON.stringify(plain)).byteLength;
  if (bytes <= MAX_PROGRESS_BYTES) return plain;
  context.addIssue(`Progress takes at most ${MAX_PROGRESS_BYTES} bytes of JSON`);
  return z.NEVER;
});

export const LeaseAskBody = z.strictObject({
  holder: Holder,
  ttl_seconds: Ttl.default(DEFAULT_TTL_SECONDS),
});

export const ClaimAskBody = z.strictObject({
  holder: Holder,
  ttl_seconds: Ttl.default(DEFAULT_TTL_SECONDS),
  job_name: z.string().nullable().default(null),
});

export const BeatBody = z.strictObject({
  progress: ProgressReport.optional(),
  ttl_seconds: Ttl.optional(),
});

export const MAX_BEATS = 100;

/** Each beat is checked and answered for itself. */
export const BeatsBody = z.strictObject({
  beats: z.array(z.unknown()).max(MAX_BEATS, `At most ${MAX_BEATS} heartbeats go in one request`),
});

export const TokenBeat = z.strictObject({ token: z.string(), ...BeatBody.shape });

export const NothingBody = z.strictObject({});

const MAX_MESSAGE_CHARACTERS = 500;

export const ControlBody = z.strictObject({
  error_message: z
    .string()
    .max(MAX_MESSAGE_CHARACTERS)
    .transform(redactCredentials)
    .nullable()
    .default(null),
});
