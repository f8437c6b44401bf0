import type * as z from 'zod';
import { momentOf } from './deadline.ts';
import { isUnclear } from './problem.ts';
import { type Chance, retry } from './retry.ts';
import type { Timing } from './timing.ts';
import type { Answered, Ask, Exchange, RepeatKey } from './transport.ts';

/** Of one call, in place of the client's own. */
export interface CallOptions {
  readonly timeoutSeconds?: number;
  readonly retries?: number;
  /** Once aborted no further try follows; the one under way ends by itself. */
  readonly signal?: AbortSignal;
}

/** Of a call that the service knows again by its key: create, claim and acquire. */
export interface KeyedCallOptions extends CallOptions {
  /** A random one by default: at least 128 bits that nobody guesses, new for each call. */
  readonly idempotencyKey?: string | undefined;
  /** 1 by default. Higher where this key was sent before and the answer did not arrive. */
  readonly idempotencyAttempt?: number | undefined;
}

/** By which the service knows the tries of one call as one. */
export function repeatKey(options: KeyedCallOptions | undefined, newKey: () => string): RepeatKey {
  const { idempotencyKey, idempotencyAttempt = 1 } = options ?? {};
  return { value: idempotencyKey ?? newKey(), attempt: idempotencyAttempt };
}

/** How an answer is read, and what may be made of a missing one. */
export interface Call<T> {
  readonly schema: z.ZodType<T>;
  readonly repeat: 'safe' | 'refused';
  readonly options: CallOptions | undefined;
  readonly secondRead?: SecondRead<T>;
}

/** Makes out whether a try that got no answer did its work. */
export interface SecondRead<T> {
  /** Whether a later try may have been refused so because an earlier one was heard. */
  doubts(error: unknown): boolean;
  /** What the answer would have been, or undefined where the work is not done. */
  look(options?: CallOptions): Promise<T | undefined>;
}

export type Caller = <T>(ask: Ask, call: Call<T>) => Promise<Answered<T>>;

interface CallerOptions {
  readonly exchange: Exchange;
  readonly timing: Timing;
  readonly random: Chance;
  readonly timeoutSeconds: number;
  readonly retries: number;
}

/** How long to wait for the job itself when there is no time for more tries. */
const LAST_SECONDS = 3;

/** Tries, and tries again; where a refusal may be the doing of an earlier try, it looks. */
export function createCaller(defaults: CallerOptions): Caller {
  const { exchange, timing, random } = defaults;

  return async (ask, { schema, repeat, options = {}, secondRead }) => {
    const {
      timeoutSeconds = defaults.timeoutSeconds,
      retries = defaults.retries,
      signal,
    } = options;
    let unclear = false;
    let tries = 0;

    async function attempt() {
      try {
        const asked = repeatedBy(ask, tries);
        tries += 1;
        return await exchange(asked, { schema, timeoutMs: timeoutSeconds * 1000 });
      } catch (error) {
        const done =
          unclear && secondRead?.doubts(error)
            ? await secondRead.look({ timeoutSeconds, ...(signal === undefined ? {} : { signal }) })
            : undefined;
        unclear ||= isUnclear(error);
        if (done === undefined) throw error;
        return { body: done, sent: momentOf(timing) };
      }
    }

    try {
      return await retry(attempt, { timing, random, retries, repeat, signal });
    } catch (error) {
      // No more tries may follow, and none was answered: to look is still allowed, once.
      const lastOptions = { retries: 0, timeoutSeconds: Math.min(timeoutSeconds, LAST_SECONDS) };
      const cutOff = signal?.aborted === true && isUnclear(error);
      const done = cutOff ? await quietly(secondRead?.look(lastOptions)) : undefined;
      if (done === undefined) throw error;
      return { body: done, sent: momentOf(timing) };
    }
  };
}

/** The call as it is made after so many tries. */
function repeatedBy(ask: Ask, tries: number): Ask {
  const { key } = ask;
  return key === undefined ? ask : { ...ask, key: { ...key, attempt: key.attempt + tries } };
}

/** Undefined where it was in vain: the error that led here says more. */
async function quietly<T>(look: Promise<T | undefined> | undefined): Promise<T | undefined> {
  try {
    return await look;
  } catch {
    return undefined;
  }
}
