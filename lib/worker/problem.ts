import * as z from 'zod';

/** The body of an answer that is no success: RFC 9457, with the members that the service adds. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  request_id: z.string().optional(),
});
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

/** Nothing was done, for there was too much to do. */
export function isTurnedAway(error: unknown): boolean {
  return error instanceof DalsegnoError && error.status === 429;
}

/** Whether it was done, nobody here knows: the same question may be worth asking again. */
export function isUnclear(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof DalsegnoError && error.status === 503);
}

export function retryAfterMsOf(error: unknown): number | null {
  const seconds = error instanceof DalsegnoError ? error.retryAfterSeconds : null;
  return seconds === null ? null : seconds * 1000;
}
