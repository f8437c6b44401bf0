import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { READY_KEYS, type ReadyHint } from '../keys/ready-hint.ts';
import type { ObjectStore } from '../store.ts';
import { createFollowedIndex, type FollowedIndex } from './followed-index.ts';
import { HINTS_A_ROUND, type HintCheck } from './hint-check.ts';
import { createHintPages, type HintOutcome, type HintPages } from './hint-pages.ts';
import type { ListedHints } from './listed-hints.ts';
import { createReadyIndex, type HintFilter } from './ready-index.ts';

/**
 * The hints of waiting jobs. On a store that is cheap to follow they are all in memory, so no claim reads a folder or
 * looks at hints of other names. On a store with labels each claim lists them.
 */
export interface ReadyQueue {
  /** For one claim. It must be closed. */
  open(filter: HintFilter): HintTaker;
  /** As `open`, of the hints that `waiting` has. It lists nothing. */
  openWaiting(filter: HintFilter): HintTaker;
  /** The index from which claims that wait take their hints. */
  waiting(): FollowedIndex;
  /** A hint was deleted. */
  removed(key: string): void;
  /** The job of this hint waits from now on. */
  announce(key: string): void;
  /** Sets what is called for each announced hint. */
  onAnnounced(listener: (key: string) => void): void;
}

/** The hints of one claim. Each is taken from the queue until the claim closes this. */
export interface HintTaker {
  /** The oldest hint that no claim has taken; null if there is none. Rejects with a `StoreError`. */
  next(): Promise<ReadyHint | null>;
  /**
   * Some hints of other names, behind the last one that was checked. Their jobs may have been renamed by another
   * program. They are not taken.
   */
  ofOthers(): readonly ReadyHint[];
  checked(hint: ReadyHint): void;
  /** What a taken hint led to. */
  tried(hint: ReadyHint, outcome: HintOutcome): void;
  /** The job of a taken hint may be claimed from this time on. */
  delay(hint: ReadyHint, until: Timestamp): void;
  /** Gives back the taken hints that still exist. */
  close(): void;
}

/** Another process may have claimed a job since the last refresh. After this time a claim refreshes first. */
const FRESH_MS = 10;

export function createReadyQueue({
  store,
  clock,
  random,
  check,
  listed,
}: {
  store: ObjectStore;
  clock: Clock;
  random: Random;
  check: HintCheck;
  listed: ListedHints;
}): ReadyQueue {
  const pages = store.traits.labels ? createHintPages({ store, clock, random, listed }) : null;
  let followed: FollowedIndex | null = null;
  let announced: (key: string) => void = () => {};

  // A follower remembers what has changed, so there is none before the first claim.
  function waiting(): FollowedIndex {
    followed ??= createFollowedIndex(createReadyIndex(clock), store.followNames(READY_KEYS), clock);
    return followed;
  }

  function takeListed(from: HintPages, filter: HintFilter): HintTaker {
    const candidates = from.candidates(filter);
    const taken: ReadyHint[] = [];
    return {
      async next() {
        for (;;) {
          const { done, value } = await candidates.next();
          if (done === true) return null;
          taken.push(value);
          // A claim that waited was woken for it.
          if (followed?.index.isTaken(value.key) !== true) return value;
        }
      },
      // Only the service changes a store with labels, so its hints have the right names.
      ofOthers: () => [],
      checked() {},
      tried: (hint, outcome) => from.tried(filter, hint, outcome),
      delay() {},
      close: () => from.close(taken.splice(0)),
    };
  }

  function takeIndexed(filter: HintFilter, { mayRefresh }: { mayRefresh: boolean }): HintTaker {
    const followedIndex = waiting();
    const { index } = followedIndex;
    const taken = new Map<string, Timestamp | null>();
    let refreshed: Promise<void> | null = null;

    function take(): ReadyHint | null {
      const hint = index.take(filter);
      if (hint !== null) taken.set(hint.key, null);
      return hint;
    }

    return {
      // It takes a hint before its first `await` if the index is fresh: two claims get two hints.
      async next() {
        if (!mayRefresh) return take();
        const hint = refreshed === null && followedIndex.isFresh(FRESH_MS) ? take() : null;
        if (hint !== null) return hint;
        refreshed ??= followedIndex.refresh();
        await refreshed;
        return take();
      },
      ofOthers() {
        if (filter.nameHash === null) return [];
        return index.others(filter, check.place(), HINTS_A_ROUND);
      },
      checked: hint => check.moveTo(hint.key),
      tried() {},
      delay(hint, until) {
        if (taken.has(hint.key)) taken.set(hint.key, until);
      },
      close() {
        for (const [key, until] of taken) index.giveBack(key, until);
        taken.clear();
      },
    };
  }

  return {
    waiting,
    open: filter =>
      pages === null ? takeIndexed(filter, { mayRefresh: true }) : takeListed(pages, filter),
    openWaiting: filter => takeIndexed(filter, { mayRefresh: false }),
    removed(key) {
      followed?.remove(key);
    },
    announce(key) {
      announced(key);
    },
    onAnnounced(listener) {
      announced = listener;
    },
  };
}
