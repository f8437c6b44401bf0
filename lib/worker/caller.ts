import type * as z from 'zod';
import { momentOf } from './deadline.ts';
import type { Answered, Ask, Exchange } from './exchange.ts';
import { isUnclear } from './problem.ts';
import { type Chance, retry } from './retry.ts';
import type { Timing } from './timing.ts';

/** Of one call, in place of the client's own. */
export interface CallOptions {
  readonly timeoutSeconds?: number;
  readonly retries?: number;
  /** Once aborted no further try follows; the one under way ends by itself. */
  readonly signal?: AbortSignal;
}

/** How an answer is read, and what may be made of a missing one. */
export interface Call<T> {
  readonly schema: z.ZodType<T>;
  readonly repeat: 'safe' | 'refused';
  readonly options: CallOptions | undefined;
  readonly secondLook?: SecondLook<T>;
}

/** Makes out whether a try that got no answer did its work. */
export interface SecondLook<T> {
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

/** Tries, and tries again; where a refusal may be the doing of an earlier try, it looks. */
export function createCaller(defaults: CallerOptions): Caller {
  const { exchange, timing, random } = defaults;

  return async (ask, { schema, repeat, options = {}, secondLook }) => {
    const {
      timeoutSeconds = defaults.timeoutSeconds,
      retries = defaults.retries,
      signal,
    } = options;
    let unclear = false;

    async function attempt() {
      try {
        return await exchange(ask, { schema, timeoutMs: timeoutSeconds * 1000 });
      } catch (error) {
        const done = unclear && secondLook?.doubts(error) ? await secondLook.look() : undefined;
        unclear ||= isUnclear(error);
        if (done === undefined) throw error;
        return { body: done, sent: momentOf(timing) };
      }
    }

    try {
      return await retry(attempt, { timing, random, retries, repeat, signal });
    } catch (error) {
      // No more tries may follow, and none was answered: to look is still allowed, once.
      const cutOff = signal?.aborted === true && isUnclear(error);
      const done = cutOff ? await quietly(secondLook?.look({ retries: 0 })) : undefined;
      if (done === undefined) throw error;
      return { body: done, sent: momentOf(timing) };
    }
  };
}

/** Undefined where it was in vain: the error that led here says more. */
async function quietly<T>(look: Promise<T | undefined> | undefined): Promise<T | undefined> {
  try {
    return await look;
  } catch {
    return undefined;
  }
}
