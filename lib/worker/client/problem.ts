import { type Infer } from '../shape/shape.ts';
import { object } from '../shape/structures.ts';
import { number, optional, refined, string } from '../shape/values.ts';

/**
 * The body of an error answer: RFC 9457, with the members that the service adds. The `type` distinguishes it from an
 * error answer of a proxy.
 */
export const Problem = refined(
  object({
    type: string,
    title: string,
    status: number,
    code: string,
    detail: string,
    request_id: optional(string),
  }),
  {
    expected: 'a problem of the service',
    isMet: ({ type, code }) => type === `urn:dalsegno:problem:${code}`,
  },
);
export type Problem = Infer<typeof Problem>;

/** An error answer, or an answer that is not from the service. */
export class DalsegnoError extends Error {
  override readonly name = 'DalsegnoError';
  readonly status: number;
  /** The stable code of the problem; `unexpected_answer` if the answer is not from the service. */
  readonly code: string;
  readonly detail: string;
  /** Null if the answer is not from the service. */
  readonly problem: Problem | null;
  /** From the header `Retry-After`; null if it is missing. */
  readonly retryAfterSeconds: number | null;

  constructor(
    request: string,
    answer: {
      readonly status: number;
      readonly code: string;
      readonly detail: string;
      readonly problem?: Problem;
      readonly retryAfterSeconds?: number | null;
    },
    options?: ErrorOptions,
  ) {
    super(`${request} was answered ${answer.status} ${answer.code}: ${answer.detail}`, options);
    this.status = answer.status;
    this.code = answer.code;
    this.detail = answer.detail;
    this.problem = answer.problem ?? null;
    this.retryAfterSeconds = answer.retryAfterSeconds ?? null;
  }
}

/** No answer arrived in time. The call may have been carried out, or not, or may still be carried out later. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  /** Whether a connection broke that had been kept from an earlier call. The service may be well. */
  readonly isStale: boolean;

  constructor(
    request: string,
    reason: string,
    { isStale = false, ...options }: ErrorOptions & { readonly isStale?: boolean } = {},
  ) {
    super(`${request} got no answer: ${reason}`, options);
    this.isStale = isStale;
  }
}

/** The caller's lease is over, or the job is finished: nothing can be written any more. */
export function isLeaseOver(error: unknown): boolean {
  return (
    error instanceof DalsegnoError && (error.code === 'lease_lost' || error.code === 'job_finished')
  );
}

/** Like `isLeaseOver`, or the job was deleted. */
export function isJobOver(error: unknown): boolean {
  const isGone = error instanceof DalsegnoError && error.code === 'job_not_found';
  return isGone || isLeaseOver(error);
}

/** The service did not read the whole request. */
const NOT_READ = new Set(['overloaded', 'body_too_slow']);

/** The call was not carried out, because the service or a proxy is overloaded. */
export function isNotStarted(error: unknown): boolean {
  if (!(error instanceof DalsegnoError)) return false;
  return error.status === 429 || NOT_READ.has(error.code);
}

/** The call was not carried out, and the service or a proxy would refuse the same body again. */
export function isTooLarge(error: unknown): error is DalsegnoError {
  return error instanceof DalsegnoError && error.status === 413;
}

/** The call was not carried out, because the service refuses a member of its body. */
export function isInvalid(error: unknown): boolean {
  return error instanceof DalsegnoError && error.code === 'invalid';
}

/** Server errors that another try would not change. */
const LASTING_CODES = new Set(['state_corrupt']);

/**
 * Whether the client cannot know if the call was carried out: there was no answer, or a server error. An answer that
 * is not from the service counts as no answer, whatever its status is.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  if (!(error instanceof DalsegnoError) || isTooLarge(error)) return false;
  const { problem, status, code } = error;
  if (problem === null) return true;
  if (LASTING_CODES.has(code) || status === 501) return false;
  return status >= 500 || status === 408 || status === 425;
}

/** Whether the try met a connection that the server had closed, as it was unused. Another one may be answered at once. */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof NoAnswerError && error.isStale;
}

/** A proxy may ask for any time. The client does not wait longer than this. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export function retryAfterMsOf(error: unknown): number | null {
  const seconds = error instanceof DalsegnoError ? error.retryAfterSeconds : null;
  return seconds === null ? null : Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS);
}

/** The message of an error, with its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error)) return message;
  // The error for a host with two unreachable addresses has a code, but no message.
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return `${message} (${cause.message === '' ? code : cause.message})`;
}
