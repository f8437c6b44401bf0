import * as z from 'zod';
import { MEANINGS } from '../../http/problem-codes.ts';
import { Epoch, Instant, JobId, Status } from './values.ts';

export type Code = keyof typeof MEANINGS;

/** Only the log shows it: there is no client that could get the answer. */
type Shown = Exclude<Code, 'client_gone'>;

/** One fault of a request. */
export const Fault = z
  .object({
    path: z.string().meta({
      description:
        'A JSON Pointer into the body, empty for the whole, or the name of a part of the request: `{id}`, `?limit`, `If-Match`',
    }),
    reason: z.string(),
  })
  .meta({ description: 'One fault of the request' });

const faults: z.ZodRawShape = {
  errors: z.array(Fault),
  errors_omitted: z.int().exactOptional().meta({
    description: 'How many more there are, where the list would be too long',
  }),
};

/** What the problem of a code has beyond those members that all problems have. */
const MEMBERS: { readonly [Name in Shown]: z.ZodRawShape } = {
  malformed_json: faults,
  malformed_request: faults,
  unauthorized: faults,
  token_expired: { ...faults, expired_at: Instant },
  forbidden: faults,
  not_found: faults,
  job_not_found: { ...faults, job_id: JobId },
  presence_not_found: faults,
  method_not_allowed: faults,
  body_too_slow: faults,
  job_exists: { ...faults, job_id: JobId },
  job_id_collision: {
    ...faults,
    job_id: JobId,
    other_job_id: z.string().exactOptional().meta({
      description: 'The other job, if the access token covers it',
    }),
  },
  job_finished: { ...faults, job_id: JobId, job_status: Status },
  lease_held: {
    ...faults,
    job_id: JobId,
    holder: z.string(),
    epoch: Epoch,
    expires_at: Instant,
    server_time: Instant,
  },
  lease_lost: {
    ...faults,
    job_id: JobId.exactOptional(),
    late_seconds: z.number().exactOptional().meta({
      description: 'So long after the end of its lease the holder came back',
    }),
  },
  version_conflict: { ...faults, job_id: JobId, current_version: z.string().nullable() },
  body_too_large: { ...faults, limit_bytes: z.int() },
  state_too_large: {
    ...faults,
    sheets: z.int().exactOptional(),
    limit_sheets: z.int().exactOptional(),
    bytes: z.int().exactOptional(),
    limit_bytes: z.int().exactOptional(),
    values: z.int().exactOptional(),
    limit_values: z.int().exactOptional(),
    nodes: z.int().exactOptional(),
    limit_nodes: z.int().exactOptional(),
  },
  unsupported_media_type: faults,
  invalid: faults,
  idempotency_key_reused: faults,
  precondition_required: faults,
  internal: {},
  misconfigured: {},
  state_corrupt: {
    job_id: JobId,
    path: z.string().meta({ description: 'Where the file is' }),
    error_type: z.enum(['json_decode', 'validation', 'unreadable']),
  },
  leases_unsupported: { store: z.string() },
  presence_unsupported: {},
  overloaded: {},
  store_unavailable: {},
};

/** `not_found` and `method_not_allowed` are answers to requests that the document does not have. */
const UNDOCUMENTED: ReadonlySet<Code> = new Set(['client_gone', 'not_found', 'method_not_allowed']);

/** The codes that a documented request may get. */
export const CODES = (Object.keys(MEMBERS) as Shown[]).filter(code => !UNDOCUMENTED.has(code));

/** The problems by code: what `application/problem+json` has in the answers of this service (RFC 9457). */
export const PROBLEMS: ReadonlyMap<Code, z.ZodType> = new Map(
  CODES.map(code => [code, problemOf(code)]),
);

/** The name of the schema of a problem: `LeaseHeldProblem`. */
export function problemName(code: Code): string {
  const words = code.split('_').map(word => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${words.join('')}Problem`;
}

function problemOf(code: Shown): z.ZodType {
  const { status, title } = MEANINGS[code];
  return z
    .object({
      type: z.literal(`urn:dalsegno:problem:${code}`),
      title: z.string(),
      status: z.literal(status),
      code: z.literal(code),
      detail: z.string().meta({ description: 'What is wrong with this request, in words' }),
      ...MEMBERS[code],
      request_id: z.string().meta({ description: 'As in `X-Request-Id`, and in the log' }),
    })
    .meta({ description: title });
}
