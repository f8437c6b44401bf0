import type { Exchange } from './transport.ts';

/** Called after every try, with its error or null. */
export type OnTry = (error: unknown) => void;

/** An exchange that calls `onTry` after every try. */
export function watch(exchange: Exchange, onTry: OnTry): Exchange {
  return async (ask, options) => {
    try {
      const answered = await exchange(ask, options);
      onTry(null);
      return answered;
    } catch (error) {
      onTry(error);
      throw error;
    }
  };
}
