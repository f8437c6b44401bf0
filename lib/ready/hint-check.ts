import { ownText } from '../base/own-text.ts';

/**
 * In a folder another program may rename a waiting job. The hint keeps the hash of the old name, so claims for the
 * new name do not find it. A claim that found nothing therefore reads some of the other jobs. The next such
 * claim reads the ones behind them, so that every job is read at some time.
 */
export interface HintCheck {
  /** The key of the hint after which the next claim begins; empty for the first one. */
  place(): string;
  moveTo(key: string): void;
}

/** How many more jobs a claim reads if it found nothing. */
export const HINTS_A_ROUND = 20;

export function createHintCheck(): HintCheck {
  let last = '';
  return {
    place: () => last,
    moveTo(key) {
      last = ownText(key);
    },
  };
}
