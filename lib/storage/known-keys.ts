import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText } from '../base/own-text.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';

/**
 * Idempotency keys that this process has received. With it a repeated call is recognized even if it does not
 * say that it is one, and its lease is found without a list. It may be lost at any time: the stored lease and the stored
 * job hold the same facts.
 */
export interface KnownKeys {
  /**
   * The request and the lease of this key, null if it is not known. Failure: `idempotency_key_reused` if the key
   * came with another request.
   */
  find(key: IdempotencyKey, requestSha256: string): Result<KnownKey | null>;
  record(key: IdempotencyKey, known: KnownKey): void;
}

export interface KnownKey {
  /** The digest of the request that came with it. */
  readonly requestSha256: string;
  readonly leaseKey: string | null;
}

/** Two digests and the longest lease key. */
const BYTES_PER_KEY = ENTRY_BYTES + 2 * 64 + 300;

export function createKnownKeys(): KnownKeys {
  // A bound in entries would allocate all of them first.
  const known = new LRUCache<string, KnownKey>({
    maxSize: MEMORY_BOUNDS.idempotencyKeys.bytes,
    sizeCalculation: () => BYTES_PER_KEY,
  });
  return {
    find({ sha256 }, requestSha256) {
      const found = known.get(sha256);
      if (found === undefined) return ok(null);
      return found.requestSha256 === requestSha256 ? ok(found) : REUSED;
    },
    record({ sha256 }, { requestSha256, leaseKey }) {
      const owned = leaseKey === null ? null : ownText(leaseKey);
      known.set(sha256, { requestSha256, leaseKey: owned });
    },
  };
}

/** The failure for a key that came with another request. */
export const REUSED: Result<never> = fail({ code: 'idempotency_key_reused' });
