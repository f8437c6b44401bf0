import * as z from 'zod';

/**
 * The body of an answer that is no success: RFC 9457, with the members that the service adds. The type
 * tells the problems of the service from those of a proxy on the way.
 */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    request_id: z.string().optional(),
  })
  .refine(
    ({ type, code }) => type === `urn:dalsegno:problem:${code}`,
    'Not a problem of the service',
  );
export type Problem = z.infer<typeof Problem>;

/** An answer that is no success, or that is none of the service. */
export class DalsegnoError extends Error {
  override readonly name = 'DalsegnoError';
  readonly status: number;
  /** The code of the problem, stable; `unexpected_answer` for what is no problem of the service. */
  readonly code: string;
  readonly detail: string;
  readonly problem: Problem | null;
  /** How long the service wants to be left alone; null where it does not say. */
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

/** No answer came, in time or at all: what was asked for may have happened, or not, or yet happen. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(request: string, reason: string, options?: ErrorOptions) {
    super(`${request} got no answer: ${reason}`, options);
  }
}

/** The lease is not the caller's any more, or the job is over: there is nothing left to write. */
export function isLeaseOver(error: unknown): boolean {
  return (
    error instanceof DalsegnoError && (error.code === 'lease_lost' || error.code === 'job_finished')
  );
}

/** As `isLeaseOver`, or there is no job any more. */
export function isJobOver(error: unknown): boolean {
  const isGone = error instanceof DalsegnoError && error.code === 'job_not_found';
  return isGone || isLeaseOver(error);
}

/** The service took in none of it, or not all. */
const TURNED_AWAY = new Set(['overloaded', 'body_too_slow']);

/** Nothing was done, for there was too much to do: so says the service, or a proxy that let nothing through. */
export function isTurnedAway(error: unknown): boolean {
  if (!(error instanceof DalsegnoError)) return false;
  return error.status === 429 || TURNED_AWAY.has(error.code);
}

/** Nothing was done, and the same body would be refused again, by the service or by a proxy before it. */
export function isTooLarge(error: unknown): error is DalsegnoError {
  return error instanceof DalsegnoError && error.status === 413;
}

/** Errors of the service that another try would not change. */
const LASTING_CODES = new Set(['state_corrupt']);

/**
 * Whether it was done, nobody here knows: the same question may be worth asking again. An answer that is
 * none of the service is as good as no answer, whatever its status says.
 */
export function isUnclear(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  if (!(error instanceof DalsegnoError) || isTooLarge(error)) return false;
  const { problem, status, code } = error;
  if (problem === null) return true;
  if (LASTING_CODES.has(code) || status === 501) return false;
  return status >= 500 || status === 408 || status === 425;
}

/** A proxy may ask for any time; no more than this is granted. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export function retryAfterMsOf(error: unknown): number | null {
  const seconds = error instanceof DalsegnoError ? error.retryAfterSeconds : null;
  return seconds === null ? null : Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS);
}

/** What an error says, with what caused it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error)) return message;
  // A host with two addresses that refuse has an error without a message, and with a code.
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return `${message} (${cause.message === '' ? code : cause.message})`;
}
