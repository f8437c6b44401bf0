import type { Clock } from '../base/clock.ts';
import { shareRuns } from '../base/share-runs.ts';
import type { NameFollower } from '../store.ts';
import type { ReadyIndex } from './ready-index.ts';

/** Keeps an index of hints as the store has them. */
export interface FollowedIndex {
  readonly index: ReadyIndex;
  /** Resolves when the index has every write before the call. Rejects with a `StoreError`, and may be called again. */
  refresh(): Promise<void>;
  /** This process has deleted a hint. */
  remove(key: string): void;
  /** Whether the last refresh was successful and began less than this time ago. */
  isFresh(milliseconds: number): boolean;
}

export function createFollowedIndex(
  index: ReadyIndex,
  follower: NameFollower,
  clock: Pick<Clock, 'millis'>,
): FollowedIndex {
  let freshAtMs = Number.NEGATIVE_INFINITY;

  /** The hints that were deleted during the poll that runs; null if none runs. Its reports may be older. */
  let removed: Set<string> | null = null;

  async function poll(): Promise<void> {
    const startedAtMs = clock.millis();
    removed = new Set();
    try {
      for await (const { kind, key } of follower.poll()) {
        if (kind === 'removed') index.remove(key);
        else if (!removed.has(key)) index.add(key);
      }
    } finally {
      removed = null;
    }
    freshAtMs = startedAtMs;
  }

  return {
    index,
    refresh: shareRuns(poll),
    remove(key) {
      index.remove(key);
      follower.forget(key);
      removed?.add(key);
    },
    // The clock may have been set back.
    isFresh: milliseconds => Math.abs(clock.millis() - freshAtMs) < milliseconds,
  };
}
