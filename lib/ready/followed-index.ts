import type { Clock } from '../base/clock.ts';
import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import { shareRuns } from '../base/share-runs.ts';
import type { NameFollower } from '../store.ts';
import { createHintsByJob, type HintsByJob } from './hints-by-job.ts';
import type { ReadyIndex } from './ready-index.ts';

/** Keeps an index of hints as the store has them. */
export interface FollowedIndex {
  readonly index: ReadyIndex;
  /** Resolves when the index has every write before the call. Rejects with a `StoreError`, and may be called again. */
  refresh(): Promise<void>;
  /** This process has deleted a hint. */
  remove(key: string): void;
  /**
   * The hints of each job, also those that a claim has taken. Made with its first use, in turns of the event loop: it takes
   * memory for each hint.
   */
  byJob(): Promise<HintsByJob>;
  /** Another number when a hint has come or gone. */
  revision(): number;
  /** Whether the last refresh was successful and began less than this time ago. */
  isFresh(milliseconds: number): boolean;
}

/** So many hints are taken into `byJob` in one turn of the event loop: a few milliseconds. */
const HINTS_A_TURN = 2_500;

export function createFollowedIndex(
  index: ReadyIndex,
  follower: NameFollower,
  clock: Pick<Clock, 'millis'>,
): FollowedIndex {
  let freshAtMs = Number.NEGATIVE_INFINITY;

  let byJob: HintsByJob | null = null;
  let filled: Promise<HintsByJob> | null = null;
  let revision = 0;

  /** The hints that have gone while `byJob` is filled; null if it is not. */
  let dropped: Set<string> | null = null;

  /** The hints that were deleted during the poll that runs; null if none runs. Its reports may be older. */
  let removed: Set<string> | null = null;

  async function poll(): Promise<void> {
    const startedAtMs = clock.millis();
    removed = new Set();
    try {
      for await (const { kind, key } of follower.poll()) {
        if (kind === 'removed') drop(key);
        else if (!removed.has(key)) add(key);
      }
    } finally {
      removed = null;
    }
    freshAtMs = startedAtMs;
  }

  function add(key: string): void {
    revision += 1;
    index.add(key);
    byJob?.add(key);
    dropped?.delete(key);
  }

  function drop(key: string): void {
    revision += 1;
    index.remove(key);
    byJob?.remove(key);
    dropped?.add(key);
  }

  async function fill(): Promise<HintsByJob> {
    const hints = createHintsByJob([]);
    // From now on it gets every change.
    byJob = hints;
    dropped = new Set();
    // The index changes between the turns.
    const keys = [...index.keys()];
    let count = 0;
    for (const key of keys) {
      if (!dropped.has(key)) hints.add(key);
      count += 1;
      if (count % HINTS_A_TURN === 0) await yieldToEventLoop();
    }
    dropped = null;
    return hints;
  }

  return {
    index,
    refresh: shareRuns(poll),
    byJob() {
      filled ??= fill();
      return filled;
    },
    revision: () => revision,
    remove(key) {
      drop(key);
      follower.forget(key);
      removed?.add(key);
    },
    // The clock may have been set back.
    isFresh: milliseconds => Math.abs(clock.millis() - freshAtMs) < milliseconds,
  };
}
