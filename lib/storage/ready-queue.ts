import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import { parseReadyKey, READY_KEYS, type ReadyHint } from '../keys/ready-hint.ts';
import type { ObjectStore } from '../store.ts';

/**
 * Hints in the order in which their jobs became claimable, each to be looked at by one claim of this
 * process. Hints are listed in pages, and a page is remembered until it is used up: hints ascend with
 * time, so what comes while it lasts belongs behind it, or keeps a place that it had.
 */
export interface ReadyQueue {
  /**
   * Remembered hints, and when those are used up, all there are: those that `fits` takes. `lane` is for claims
   * that look for something the others do not, and tells all that `fits` does: a hint taken in one lane is
   * still there for the other lanes.
   */
  candidates(lane: string, fits: (hint: ReadyHint) => boolean): AsyncGenerator<ReadyHint>;
}

const PAGE = 1000;
/** Where a request has a repository of its own, what it does not use of a page is lost. */
const SHORT_PAGE = 99;
const LONGEST_NAME = 500;
const MAX_LANES = 100;
/** Of a place in a list. */
const PLACE_BYTES = 16;

interface Lane {
  /** Keys of hints; together they are as many as a page has, or fewer. */
  remembered: string[];
  /** What they took when they were listed. */
  bytes: number;
  listing: Promise<Page> | null;
}

interface Page {
  readonly keys: readonly string[];
  /** Null at the end of the list. */
  readonly last: string | null;
}

export function createReadyQueue(store: ObjectStore): ReadyQueue {
  const lanes = new Map<string, Lane>();
  const pageLength = store.traits.labels ? SHORT_PAGE : PAGE;

  function laneOf(name: string): Lane {
    const known = lanes.get(name) ?? { remembered: [], bytes: 0, listing: null };
    // A name of megabytes is not worth remembering.
    if (name.length > LONGEST_NAME) return known;
    lanes.delete(name);
    lanes.set(ownText(name), known);
    const oldest = lanes.keys().next().value;
    if (lanes.size > MAX_LANES && oldest !== undefined) lanes.delete(oldest);
    return known;
  }

  /** Lets go of what was listed longest ago, where all of it together is too much. */
  function makeRoom(kept: Lane): void {
    let total = [...lanes.values()].reduce((bytes, lane) => bytes + lane.bytes, 0);
    for (const [name, lane] of lanes) {
      if (total <= MEMORY_BOUNDS.readyQueue.bytes) return;
      if (lane === kept) continue;
      lanes.delete(name);
      total -= lane.bytes;
    }
  }

  /** A page begins with the first hint that fits: those before it are passed over within one list. */
  async function listPage(fits: (hint: ReadyHint) => boolean): Promise<Page> {
    const hints: ReadyHint[] = [];
    let length = 0;
    for await (const { key } of store.list(READY_KEYS, READY_KEYS, { labels: false })) {
      const hint = parseReadyKey(key);
      if (hint !== null && fits(hint)) hints.push(hint);
      if (hints.length > 0) length += 1;
      if (length === pageLength) return { keys: keysInTurn(hints), last: key };
    }
    return { keys: keysInTurn(hints), last: null };
  }

  /** The first page is one for all who need it at the same time: each takes a part of it. */
  function firstPage(lane: Lane, fits: (hint: ReadyHint) => boolean): Promise<Page> {
    lane.listing ??= listPage(fits)
      .then(page => {
        lane.remembered = [...page.keys];
        lane.bytes = page.keys.reduce((bytes, key) => bytes + textBytes(key) + PLACE_BYTES, 0);
        makeRoom(lane);
        return page;
      })
      .finally(() => {
        lane.listing = null;
      });
    return lane.listing;
  }

  return {
    async *candidates(name, fits) {
      const lane = laneOf(name);
      yield* used(lane);
      const { last } = await firstPage(lane, fits);
      yield* used(lane);
      if (last === null) return;
      // Beyond the first page only those come who found nothing in it; one list takes them to the end.
      for await (const { key } of store.list(READY_KEYS, last, { labels: false })) {
        const hint = parseReadyKey(key);
        if (hint !== null && fits(hint)) yield hint;
      }
    },
  };
}

/** Jobs that began to wait in the same microsecond come in the order of their names, whatever they are called. */
function inTurn(left: ReadyHint, right: ReadyHint): number {
  if (left.since !== right.since) return left.since < right.since ? -1 : 1;
  if (left.jobKey === right.jobKey) return 0;
  return left.jobKey < right.jobKey ? -1 : 1;
}

function keysInTurn(hints: readonly ReadyHint[]): string[] {
  return hints.toSorted(inTurn).map(({ key }) => ownText(key));
}

function* used(lane: Lane): Generator<ReadyHint> {
  for (let key = lane.remembered.shift(); key !== undefined; key = lane.remembered.shift()) {
    const hint = parseReadyKey(key);
    if (hint !== null) yield hint;
  }
}
