import { LRUCache } from 'lru-cache';
import { sha256Base64Url } from '../base/digest.ts';
import { cacheShare, ENTRY_BYTES } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import type { Progress } from '../checkpoint/progress.ts';
import type { StartedSheet } from '../checkpoint/sheet-start.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import { type Integer, integerText } from '../schema/integer.ts';
import type { Version } from '../store.ts';

/**
 * The answers to the last updates under leases. The update that completes a job ends its lease. If the answer is lost
 * and the caller repeats the call, its lease is over; this process then gives it the same answer again. Only a digest
 * of the call is stored, because its output may have megabytes.
 */
export interface FinalUpdates {
  /** `call` is a text that identifies the call: equal calls have equal texts. */
  remember(token: PresentedToken, call: string, answer: UpdateAnswer): Promise<void>;
  /** Null for a different call, or if no answer is remembered. */
  recall(token: PresentedToken, call: string): Promise<UpdateAnswer | null>;
}

interface Final {
  readonly tokenSha256: string;
  readonly callSha256: string;
  readonly answer: UpdateAnswer;
}

export function createFinalUpdates(cacheBytes: number): FinalUpdates {
  const finals = new LRUCache<string, Final>({
    maxSize: cacheShare('finalUpdates', cacheBytes),
    sizeCalculation: (final, leaseId) => ENTRY_BYTES + textBytes(leaseId) + finalBytes(final),
  });
  return {
    async remember(token, call, answer) {
      finals.set(ownText(token.leaseId), {
        tokenSha256: ownText(token.sha256),
        callSha256: await sha256Base64Url(call),
        answer: {
          ...answer,
          version: ownText(answer.version),
          job_id: ownText(answer.job_id),
        },
      });
    },

    async recall(token, call) {
      const final = finals.get(token.leaseId);
      if (final === undefined || !provesDigest(token, final.tokenSha256)) return null;
      return final.callSha256 === (await sha256Base64Url(call)) ? final.answer : null;
    },
  };
}

function finalBytes({ tokenSha256, callSha256, answer }: Final): number {
  const { version, job_id, next_sheet, progress } = answer;
  const texts = [tokenSha256, callSha256, version, job_id];
  // Integers beyond 2^53 are stored as their digits.
  const integers = [next_sheet ?? 0, progress[1]].map(integerText);
  return [...texts, ...integers].reduce((bytes, text) => bytes + textBytes(text), 0);
}

/** The answer to an update of a sheet's status. */
export interface UpdateAnswer {
  readonly version: Version;
  readonly job_id: string;
  /** The status of the job. */
  readonly status: JobStatus;
  readonly sheet: number;
  readonly next_sheet: Integer | null;
  readonly progress: Progress;
  /** The sheet's `attempt_count`. */
  readonly attempt: Integer;
  /** Set if the update named an attempt that is over: it changed nothing. */
  readonly stale_attempt?: true;
  /** The sheet that the update has also started, null if it started none. Present only if the update asks for it. */
  readonly started?: StartedSheet | null;
}
