import type { ReadyHint } from '../keys/ready-hint.ts';

/**
 * In a folder another program may rename a waiting job. The hint keeps the hash of the old name, so claims for the
 * new name skip it. A claim that found nothing therefore reads some of the jobs that it skipped. The next such
 * claim reads the ones behind them, so that every skipped job is read at some time.
 */
export interface HintCheck {
  begin(): HintRound;
}

export interface HintRound {
  /** Records a skipped hint. Must be called in the order of the list. */
  skip(hint: ReadyHint): void;
  /** The skipped hints whose jobs this claim must read. */
  due(): readonly ReadyHint[];
}

/** How many more jobs a claim reads if it found nothing. */
const HINTS_A_ROUND = 20;

export function createHintCheck(): HintCheck {
  let last = '';

  return {
    begin() {
      const start = last;
      const behind: ReadyHint[] = [];
      const first: ReadyHint[] = [];
      return {
        skip(hint) {
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
