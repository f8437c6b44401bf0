import type { Exchange } from './transport.ts';

/** Told of every try: what it failed with, or null. */
export type Tried = (error: unknown) => void;

/** The same exchange, with somebody told how each try ends. */
export function watched(exchange: Exchange, tried: Tried): Exchange {
  return async (ask, options) => {
    try {
      const answered = await exchange(ask, options);
      tried(null);
      return answered;
    } catch (error) {
      tried(error);
      throw error;
    }
  };
}
