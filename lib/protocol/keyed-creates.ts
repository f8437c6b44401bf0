import { sha256Hex } from '../base/digest.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { type IdempotencyKey, REPEAT_WINDOW_MS } from '../lease/idempotency-key.ts';
import { type Creation, jobLeaseOf } from '../lease/job-lease.ts';
import { millisBetween } from '../lease/rules.ts';
import { type KnownKeys, REUSED } from '../storage/known-keys.ts';
import type { Bytes } from '../store.ts';

/** Creates with an idempotency key. The created job itself stores the digests of the key and of the body. */
export interface KeyedCreates {
  /** Failure: `idempotency_key_reused`. */
  of(body: Bytes, key: IdempotencyKey): Promise<Result<CreateCall>>;
  /**
   * Succeeds if this call created the job within the last day; null if another call did. Failure:
   * `idempotency_key_reused` if the key came with another body.
   */
  repeated(state: CheckpointState, call: CreateCall, now: Timestamp): Result<null> | null;
}

export type CreateCall = Omit<Creation, 'at'>;

export function createKeyedCreates(keys: KnownKeys): KeyedCreates {
  return {
    async of(body, key) {
      const body_sha256 = await sha256Hex(body);
      const requestSha256 = await sha256Hex(JSON.stringify(['create', body_sha256]));
      const known = keys.find(key, requestSha256);
      if (!known.ok) return known;
      keys.record(key, { requestSha256, leaseKey: null });
      return ok({ key_sha256: key.sha256, body_sha256 });
    },

    repeated(state, call, now) {
      const { created } = jobLeaseOf(state);
      if (created === null || created.key_sha256 !== call.key_sha256) return null;
      if (Math.abs(millisBetween(created.at, now)) > REPEAT_WINDOW_MS) return null;
      return created.body_sha256 === call.body_sha256 ? ok(null) : REUSED;
    },
  };
}
