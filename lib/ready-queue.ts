import { parseReadyKey, READY_KEYS, type ReadyHint } from './ready-hint.ts';
import type { ObjectStore } from './store.ts';

/**
 * Hints in the order in which their jobs became claimable, each to be looked at by one claim of this
 * process. Hints are listed in pages, and a page is remembered until it is used up: hints ascend with
 * time, so what comes while it lasts belongs behind it.
 */
export interface ReadyQueue {
  /**
   * Remembered hints, and when those are used up, all there are. `lane` is for claims that look for
   * something the others do not: a hint taken in one lane is still there for the other lanes.
   */
  candidates(lane: string): AsyncGenerator<ReadyHint>;
}

const PAGE = 1000;
/** Media whose lists bring labels give short pages, and bill each: what is not used would be paid for. */
const SHORT_PAGE = 99;
const MAX_LANES = 100;

interface Lane {
  remembered: ReadyHint[];
  listing: Promise<Page> | null;
}

interface Page {
  readonly hints: readonly ReadyHint[];
  /** Null at the end of the list. */
  readonly last: string | null;
}

export function createReadyQueue(store: ObjectStore): ReadyQueue {
  const lanes = new Map<string, Lane>();
  const pageLength = store.traits.labels ? SHORT_PAGE : PAGE;

  function laneOf(name: string): Lane {
    const known = lanes.get(name) ?? { remembered: [], listing: null };
    lanes.delete(name);
    lanes.set(name, known);
    const oldest = lanes.keys().next().value;
    if (lanes.size > MAX_LANES && oldest !== undefined) lanes.delete(oldest);
    return known;
  }

  async function listPage(): Promise<Page> {
    const hints: ReadyHint[] = [];
    let last: string | null = null;
    for await (const { key } of store.list(READY_KEYS)) {
      const hint = parseReadyKey(key);
      if (hint !== null) hints.push(hint);
      last = key;
      if (hints.length === pageLength) return { hints, last };
    }
    return { hints, last: null };
  }

  /** The first page is one for all who need it at the same time: each takes a part of it. */
  function firstPage(lane: Lane): Promise<Page> {
    lane.listing ??= listPage()
      .then(page => {
        lane.remembered = [...page.hints];
        return page;
      })
      .finally(() => {
        lane.listing = null;
      });
    return lane.listing;
  }

  return {
    async *candidates(name) {
      const lane = laneOf(name);
      yield* used(lane);
      const { last } = await firstPage(lane);
      yield* used(lane);
      if (last === null) return;
      // Beyond the first page only those come who found nothing in it; one list takes them to the end.
      for await (const { key } of store.list(READY_KEYS, last)) {
        const hint = parseReadyKey(key);
        if (hint !== null) yield hint;
      }
    },
  };
}

function* used(lane: Lane): Generator<ReadyHint> {
  for (let hint = lane.remembered.shift(); hint !== undefined; hint = lane.remembered.shift()) {
    yield hint;
  }
}
