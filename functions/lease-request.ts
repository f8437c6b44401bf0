import * as z from 'zod';
import { isRawNumber } from '../lib/layout/value.ts';
import { writeLayout } from '../lib/layout/writer.ts';
import { MAX_HOLDER_CHARACTERS, MAX_PROGRESS_BYTES } from '../lib/lease/lease.ts';
import { DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS, MIN_TTL_SECONDS } from '../lib/lease/lease-rules.ts';

/** The largest body of a request about leases: a hundred heartbeats of the longest tokens fit in. */
export const LEASE_BODY_BYTES = 256 * 1024;

const Ttl = z
  // 60.0 is a number of its own to the exact parser.
  .unknown()
  .transform(value => (isRawNumber(value) ? Number(value.rawJSON) : value))
  .pipe(z.int('Expected a whole number of seconds').min(MIN_TTL_SECONDS).max(MAX_TTL_SECONDS));

const Holder = z
  .string()
  .max(MAX_HOLDER_CHARACTERS)
  .regex(/\S/, 'A holder has a name')
  .refine(holder => holder.isWellFormed(), 'A holder has no lone surrogates');

/** Whatever a holder tells of its progress, as plain JSON. */
const ProgressReport = z.unknown().transform((value, context) => {
  if (value === undefined) return undefined;
  const plain: unknown = JSON.parse(writeLayout(value, 'null'));
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

export const BeatsBody = z.strictObject({
  beats: z
    .array(z.strictObject({ token: z.string(), ...BeatBody.shape }))
    .max(MAX_BEATS, `At most ${MAX_BEATS} heartbeats go in one request`),
});

export type BeatsBody = z.infer<typeof BeatsBody>;

const MAX_MESSAGE_CHARACTERS = 500;

export const ControlBody = z.strictObject({
  error_message: z.string().max(MAX_MESSAGE_CHARACTERS).nullable().default(null),
});
