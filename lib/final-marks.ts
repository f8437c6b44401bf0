import { LRUCache } from 'lru-cache';
import { type PresentedToken, provesDigest } from './lease/lease-token.ts';

/**
 * What the last mark under a lease was answered with. Completing a job ends the lease, so who did not
 * hear the answer and asks again has no lease any more; within this process he is told again.
 */
export interface FinalMarks<Answer> {
  remember(token: PresentedToken, call: string, answer: Answer): void;
  /** Null for another call, and for one that is not remembered. */
  recall(token: PresentedToken, call: string): Answer | null;
}

const MAX_REMEMBERED = 10_000;

export function createFinalMarks<Answer extends object>(): FinalMarks<Answer> {
  const finals = new LRUCache<string, { sha256: string; call: string; answer: Answer }>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: () => 1,
  });
  return {
    remember(token, call, answer) {
      finals.set(token.leaseId, { sha256: token.sha256, call, answer });
    },
    recall(token, call) {
      const final = finals.get(token.leaseId);
      if (final === undefined || final.call !== call) return null;
      return provesDigest(token, final.sha256) ? final.answer : null;
    },
  };
}
