import { ownText } from '../base/own-text.ts';

/**
 * In a folder another program may rename a waiting job. The hint keeps the hash of the old name, so claims for the
 * new name do not find it. A claim that found nothing therefore looks at some of the other jobs. The next such
 * claim looks at the ones behind them, so that every job is looked at some time.
 */
export interface HintCheck {
  /** The key of the hint after which the next claim begins; empty for the first one. */
  place(): string;
  moveTo(key: string): void;
  /** Whether another job may be read for this now. Claims that find nothing may be many, and most reads are in vain. */
  mayRead(nowMs: number): boolean;
}

/** How many other jobs a claim looks at if it found nothing. */
export const HINTS_A_ROUND = 20;
const READS_A_SECOND = 20;

export function createHintCheck(): HintCheck {
  let last = '';
  let reads = 0;
  let secondAtMs = Number.NEGATIVE_INFINITY;
  return {
    place: () => last,
    moveTo(key) {
      last = ownText(key);
    },
    mayRead(nowMs) {
      // The clock may have been set back.
      if (Math.abs(nowMs - secondAtMs) >= 1000) {
        secondAtMs = nowMs;
        reads = 0;
      }
      reads += 1;
      return reads <= READS_A_SECOND;
    },
  };
}
