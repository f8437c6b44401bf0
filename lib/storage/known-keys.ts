import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText } from '../base/own-text.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';

/**
 * Idempotency keys that this process has seen. A memory and no more: it tells a repeated call that does
 * not say so from a first one, and finds its lease without a list. Without it the stored lease and the
 * stored job tell.
 */
export interface KnownKeys {
  /**
   * The lease that was granted with this key, null where none was. Failure: `idempotency_key_reused` where
   * it came with another request.
   */
  look(key: IdempotencyKey, requestSha256: string): Result<KnownKey | null>;
  saw(key: IdempotencyKey, known: KnownKey): void;
}

export interface KnownKey {
  /** The digest of the request that came with it. */
  readonly requestSha256: string;
  readonly leaseKey: string | null;
}

/** Two digests, and the longest key of a lease. */
const BYTES_PER_KEY = ENTRY_BYTES + 2 * 64 + 300;
const MAX_KNOWN = Math.floor(MEMORY_BOUNDS.idempotencyKeys.bytes / BYTES_PER_KEY);

export function createKnownKeys(): KnownKeys {
  const known = new LRUCache<string, KnownKey>({ max: MAX_KNOWN });
  return {
    look({ sha256 }, requestSha256) {
      const found = known.get(sha256);
      if (found === undefined) return ok(null);
      return found.requestSha256 === requestSha256 ? ok(found) : REUSED;
    },
    saw({ sha256 }, { requestSha256, leaseKey }) {
      const owned = leaseKey === null ? null : ownText(leaseKey);
      known.set(sha256, { requestSha256, leaseKey: owned });
    },
  };
}

/** What a key is answered that came with another request. */
export const REUSED: Result<never> = fail({ code: 'idempotency_key_reused' });
