import { NoAnswerError } from './problem.ts';
import type { Exchange } from './transport.ts';

/** Called after every try, with its error or null; not for a wait that the caller gave up, which says nothing of the service. */
export type OnTry = (error: unknown) => void;

/** An exchange that calls `onTry` after every try. */
export function watch(exchange: Exchange, onTry: OnTry): Exchange {
  return async (ask, options) => {
    try {
      const answered = await exchange(ask, options);
      onTry(null);
      return answered;
    } catch (error) {
      const isGivenUp = options.cutOff?.aborted === true && error instanceof NoAnswerError;
      if (!isGivenUp) onTry(error);
      throw error;
    }
  };
}
