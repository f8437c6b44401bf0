import { unreachable } from '../../lib/base/unreachable.ts';
import { describeFault, type Failure, type Fault, shorten } from '../../lib/failure.ts';
import { integerText } from '../../lib/schema/integer.ts';
import type { HttpContext } from './env.ts';
import { MEANINGS } from './problem-codes.ts';
import { type Answer, answer } from './response.ts';

const CHALLENGE = 'Bearer realm="dalsegno"';

/** What a problem says beyond its code. */
interface Particulars {
  readonly detail: string;
  readonly errors?: readonly Fault[];
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

// A body of megabytes may have millions of faults.
const MAX_FAULTS = 100;
const MAX_SENTENCES = 5;

/** A failure as RFC 9457 `application/problem+json`. */
export function problem(c: HttpContext, failure: Failure): Answer {
  const { status, title } = MEANINGS[failure.code];
  const { detail, errors, members, headers } = particulars(forCaller(c, failure));
  c.set('code', failure.code);
  const body = {
    type: `urn:dalsegno:problem:${failure.code}`,
    title,
    status,
    code: failure.code,
    detail,
    ...(errors === undefined ? {} : { errors }),
    ...members,
    request_id: c.get('requestId'),
  };
  return answer(c, JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
}

/** A failure as one of several answers in a body. */
export function failureJson(failure: Failure): Readonly<Record<string, unknown>> {
  const { status } = MEANINGS[failure.code];
  const { detail, members } = particulars(failure);
  return { status, code: failure.code, detail, ...members };
}

/** Where too much was found, and what is counted there. */
const EXCESSES = {
  sheets: { path: '/sheets', subject: 'The state', noun: 'sheets' },
  bytes: { path: '', subject: 'The stored text of the state', noun: 'bytes' },
  values: { path: '', subject: 'The body', noun: 'values' },
  nodes: {
    path: '',
    subject: 'One sheet, or the part outside the sheets,',
    noun: 'objects, arrays, members and texts',
  },
} as const;

function particulars(failure: Failure): Particulars {
  switch (failure.code) {
    case 'malformed_json':
    case 'malformed_request':
    case 'invalid':
    case 'precondition_required':
      return ofFaults(failure.faults);
    case 'unsupported_media_type':
      return { ...ofFaults(failure.faults), headers: acceptedBodies(failure.faults) };
    case 'unauthorized':
      return {
        ...atFault('Authorization', failure.reason),
        headers: { 'WWW-Authenticate': CHALLENGE },
      };
    case 'token_expired':
      return {
        ...atFault('Authorization', `The token expired at ${failure.expiredAt}`),
        members: { expired_at: failure.expiredAt },
        headers: { 'WWW-Authenticate': `${CHALLENGE}, error="invalid_token"` },
      };
    case 'forbidden':
      return atFault('Authorization', failure.reason);
    case 'not_found':
      return atFault(failure.path, 'No resource has this path');
    case 'method_not_allowed': {
      const allow = failure.allow.join(', ');
      return { ...atFault('method', `This resource answers ${allow}`), headers: { Allow: allow } };
    }
    case 'body_too_large':
      return {
        ...atFault('Content-Length', `The limit is ${failure.limitBytes} bytes`),
        members: { limit_bytes: failure.limitBytes },
      };
    case 'state_too_large': {
      const { unit, asked, limit } = failure;
      const { path, subject, noun } = EXCESSES[unit];
      const reason = `${subject} has ${shorten(integerText(asked))} ${noun}, and the limit is ${limit}`;
      return { ...atFault(path, reason), members: { [unit]: asked, [`limit_${unit}`]: limit } };
    }
    case 'body_too_slow':
      return {
        ...atFault(
          'Content-Length',
          `The body did not arrive within ${failure.limitSeconds} seconds`,
        ),
        headers: { Connection: 'close' },
      };
    case 'overloaded':
      return {
        detail: 'The limit of requests or bytes in flight is reached, try again',
        // Whatever is left of the body is not read.
        headers: { 'Retry-After': String(failure.retryAfterSeconds), Connection: 'close' },
      };
    case 'job_not_found':
      return ofJob(failure.jobId, atFault('{id}', `No job ${quote(failure.jobId)} is stored`));
    case 'job_exists':
      return ofJob(failure.jobId, atFault('/job_id', `A job ${quote(failure.jobId)} is stored`));
    case 'job_id_collision': {
      const { jobId, otherJobId } = failure;
      const other = otherJobId === null ? 'another job' : `the job ${quote(otherJobId)}`;
      const reason = `The job ${quote(jobId)} would have the same file name as ${other}`;
      const members = otherJobId === null ? {} : { other_job_id: otherJobId };
      return ofJob(jobId, atFault('{id}', reason), members);
    }
    case 'version_conflict': {
      const { jobId, current } = failure;
      const reason = current === null ? 'No job is stored' : `The stored version is "${current}"`;
      return ofJob(jobId, atFault('If-Match', reason), { current_version: current });
    }
    case 'job_finished': {
      const { jobId, status } = failure;
      const reason = `The job ${quote(jobId)} is ${status}`;
      return ofJob(jobId, atFault('{id}', reason), { job_status: status });
    }
    case 'lease_held':
      return ofHolder(failure);
    case 'lease_lost': {
      const { jobId, reason, lateSeconds } = failure;
      const late = lateSeconds === null ? {} : { late_seconds: lateSeconds };
      const particular = atFault('Lease-Token', reason);
      return jobId === null ? { ...particular, members: late } : ofJob(jobId, particular, late);
    }
    case 'idempotency_key_reused':
      return atFault(
        'Idempotency-Key',
        'The key was used for another request: use a new key for each request, and repeat a request unchanged',
      );
    case 'client_gone':
      return { detail: 'The client went away, so nothing was granted' };
    case 'leases_unsupported':
      return {
        detail: `The ${failure.store} store has no compare-and-swap that works: a lease could have two holders`,
        members: { store: failure.store },
      };
    case 'presence_unsupported':
      return { detail: 'This service keeps no streams open: renew the leases by heartbeats' };
    case 'presence_not_found':
      return atFault(
        '{id}',
        'No stream with this id is open in this process under this access token: open another one',
      );
    case 'state_corrupt': {
      const { jobId, path, errorType, detail } = failure;
      return { detail, members: { job_id: jobId, path, error_type: errorType } };
    }
    case 'store_unavailable':
      return {
        detail:
          failure.lacks === 'writes'
            ? 'The store can be read but not written: it may be full or read-only, or a permission is missing'
            : 'The store did not answer, try again',
        headers: { 'Retry-After': String(failure.retryAfterSeconds) },
      };
    case 'misconfigured':
      return { detail: 'Settings of the service are missing or wrong: the log says which' };
    case 'internal':
      return { detail: 'The log has the cause, with the id of this request' };
    default:
      return unreachable(failure);
  }
}

/** The failure without the id of a job that the access token does not cover. */
function forCaller(c: HttpContext, failure: Failure): Failure {
  if (failure.code !== 'job_id_collision') return failure;
  const prefix = c.get('access')?.prefix ?? '';
  return failure.otherJobId?.startsWith(prefix) === true
    ? failure
    : { ...failure, otherJobId: null };
}

/** Which bodies are accepted in place of the refused one (RFC 9110, section 15.5.16; RFC 7694). */
function acceptedBodies([fault]: readonly Fault[]): Readonly<Record<string, string>> {
  if (fault?.path === 'Content-Encoding') return { 'Accept-Encoding': 'identity' };
  return { Accept: 'application/json' };
}

function ofHolder(failure: Extract<Failure, { code: 'lease_held' }>): Particulars {
  const { jobId, holder, epoch, expiresAt, serverTime, retryAfterSeconds } = failure;
  const reason = `The job ${quote(jobId)} is held by ${quote(holder)} until ${expiresAt}`;
  return {
    ...ofJob(jobId, atFault('Lease-Token', reason), {
      holder,
      epoch,
      expires_at: expiresAt,
      server_time: serverTime,
    }),
    headers: { 'Retry-After': String(retryAfterSeconds) },
  };
}

function ofFaults(faults: readonly Fault[]): Particulars {
  const errors = faults.slice(0, MAX_FAULTS).map(shortened);
  const omitted = faults.length - errors.length;
  return {
    detail: errors.slice(0, MAX_SENTENCES).map(describeFault).join('; '),
    errors,
    ...(omitted === 0 ? {} : { members: { errors_omitted: omitted } }),
  };
}

function shortened({ path, reason }: Fault): Fault {
  return { path: shorten(path), reason: shorten(reason) };
}

function atFault(path: string, reason: string): Particulars {
  return { detail: reason, errors: [{ path, reason }] };
}

function ofJob(
  jobId: string,
  particular: Particulars,
  members: Readonly<Record<string, unknown>> = {},
): Particulars {
  return { ...particular, members: { job_id: jobId, ...members } };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
