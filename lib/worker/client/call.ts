import type { Shape } from '../shape/shape.ts';
import { momentOf } from './deadline.ts';
import { isOutcomeUnknown } from './problem.ts';
import { type RandomSource, retry } from './retry.ts';
import type { Timing } from './timing.ts';
import type { Answered, ApiRequest, Exchange, RepeatKey } from './transport.ts';

/** Options of one call. They replace those of the client. */
export interface CallOptions {
  /** The timeout of one try. */
  readonly timeoutSeconds?: number;
  /** How many tries may follow the first one. */
  readonly retries?: number;
  /** After it is aborted no further try starts. The current try continues until its answer or its timeout. */
  readonly signal?: AbortSignal;
}

/** Options of a call with an idempotency key: create, claim and acquire. */
export interface KeyedCallOptions extends CallOptions {
  /** A new random key for each call by default. It must have at least 128 random bits. */
  readonly idempotencyKey?: string | undefined;
  /** 1 by default. Higher if this key was sent before and the answer did not arrive. */
  readonly idempotencyAttempt?: number | undefined;
}

/** The key by which the service recognizes the tries of one call. */
export function repeatKey(options: KeyedCallOptions | undefined, newKey: () => string): RepeatKey {
  const { idempotencyKey, idempotencyAttempt = 1 } = options ?? {};
  return { value: idempotencyKey ?? newKey(), attempt: idempotencyAttempt };
}

/** How to parse the answer, and what to do if there is none. */
export interface Call<T> {
  readonly schema: Shape<T>;
  readonly repeat: 'safe' | 'refused';
  readonly options: CallOptions | undefined;
  /** How long the service may wait before it answers, 0 by default. An abort of the signal ends such a try at once. */
  readonly waitMs?: number;
  readonly secondRead?: SecondRead<T>;
}

/** Reads the job to find out whether a try without an answer was carried out. */
export interface SecondRead<T> {
  /** Whether a later try may have failed with this error because an earlier try was carried out. */
  mayBeDone(error: unknown): boolean;
  /** The lost answer; undefined if the call was not carried out. */
  findAnswer(options?: CallOptions): Promise<T | undefined>;
}

export type Caller = <T>(ask: ApiRequest, call: Call<T>) => Promise<Answered<T>>;

interface CallerOptions {
  readonly exchange: Exchange;
  readonly timing: Timing;
  readonly random: RandomSource;
  readonly timeoutSeconds: number;
  readonly retries: number;
}

/** The timeout of the second read when there is no time for more tries. */
const LAST_SECONDS = 3;

/** Sends a request with retries. After an error that an earlier try may have caused, it makes a second read. */
export function createCaller(defaults: CallerOptions): Caller {
  const { exchange, timing, random } = defaults;

  return async (ask, { schema, repeat, options = {}, waitMs = 0, secondRead }) => {
    const {
      timeoutSeconds = defaults.timeoutSeconds,
      retries = defaults.retries,
      signal,
    } = options;
    let isUnanswered = false;
    let tries = 0;

    function readAgain<T>(body: T): Answered<T> {
      const moment = momentOf(timing);
      return { body, sent: moment, received: moment };
    }

    async function attempt() {
      try {
        const request = withAttempt(ask, tries);
        tries += 1;
        const timeoutMs = timeoutSeconds * 1000 + waitMs;
        const cutOff = waitMs > 0 ? signal : undefined;
        return await exchange(request, { schema, timeoutMs, cutOff });
      } catch (error) {
        const readOptions = { timeoutSeconds, ...(signal === undefined ? {} : { signal }) };
        const done =
          isUnanswered && secondRead?.mayBeDone(error)
            ? await secondRead.findAnswer(readOptions)
            : undefined;
        isUnanswered ||= isOutcomeUnknown(error);
        if (done === undefined) throw error;
        return readAgain(done);
      }
    }

    try {
      return await retry(attempt, { timing, random, retries, repeat, signal });
    } catch (error) {
      // The caller allows no more tries, and the last one was not answered. One second read is still made.
      const lastOptions = { retries: 0, timeoutSeconds: Math.min(timeoutSeconds, LAST_SECONDS) };
      const isCutOff = signal?.aborted === true && isOutcomeUnknown(error);
      const done = isCutOff ? await ignoreError(secondRead?.findAnswer(lastOptions)) : undefined;
      if (done === undefined) throw error;
      return readAgain(done);
    }
  };
}

/** The request with the number of this attempt, if it has an idempotency key. */
function withAttempt(ask: ApiRequest, tries: number): ApiRequest {
  const { key } = ask;
  return key === undefined ? ask : { ...ask, key: { ...key, attempt: key.attempt + tries } };
}

/** Undefined after an error, where the caller has an earlier answer or error that says more. */
export async function ignoreError<T>(
  read: Promise<T | undefined> | undefined,
): Promise<T | undefined> {
  try {
    return await read;
  } catch {
    return undefined;
  }
}
