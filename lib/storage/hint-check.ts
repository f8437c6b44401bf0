import type { ReadyHint } from '../keys/ready-hint.ts';

/**
 * Another program may give a waiting job of a folder another name: its hint has the hash of the old one, and
 * claims by the new one pass it over. So a claim that found nothing asks for some of the jobs that it passed
 * over, and the next claim for those behind them: each is asked for in its turn.
 */
export interface HintCheck {
  begin(): HintRound;
}

export interface HintRound {
  /** In the order of the list. */
  passedOver(hint: ReadyHint): void;
  /** Those whose turn it is. */
  due(): readonly ReadyHint[];
}

/** So many looks at the store more for a claim that found nothing. */
const HINTS_A_ROUND = 20;

export function createHintCheck(): HintCheck {
  let last = '';

  return {
    begin() {
      const start = last;
      const behind: ReadyHint[] = [];
      const first: ReadyHint[] = [];
      return {
        passedOver(hint) {
          const turn = hint.key > start ? behind : first;
          if (turn.length < HINTS_A_ROUND) turn.push(hint);
        },
        due() {
          const due = [...behind, ...first].slice(0, HINTS_A_ROUND);
          last = due.at(-1)?.key ?? '';
          return due;
        },
      };
    },
  };
}
