/**
 * The order in which a process claims the hints of a list: as they are listed, until it loses some to other processes that list the same ones. Then
 * it begins at a place of its own, goes half of the way and lists again. Processes that do so share the hints out: the place moves
 * away from where another process was met. After a time without one the order is that of the list again.
 */
export interface ClaimOrder {
  /** The keys of a new list in this order, and how many of them are to be claimed before it is listed again. */
  next(keys: readonly string[], nowMs: number): OrderedKeys;
  /** Another process was faster with this key. `fraction` is random, from 0 up to 1. Returns whether it is to be listed again. */
  lost(key: string, { nowMs, fraction }: { nowMs: number; fraction: number }): boolean;
}

export interface OrderedKeys {
  readonly keys: readonly string[];
  readonly count: number;
}

/** A place is a number below this. Behind the last comes the first. */
const CIRCLE = 2 ** 32;
/** A job that was cancelled is lost too, and nobody is to be got out of the way of. */
const LEAST_LOST = 2;
const KEPT_MS = 30_000;
/** A key that is still listed after this time comes first: no process takes it. */
const LEFT_MS = 5_000;

export function createClaimOrder(): ClaimOrder {
  /** When each key of the last list was listed first. */
  let since = new Map<string, number>();
  let place = 0;
  let lost = 0;
  let lostAtMs = Number.NEGATIVE_INFINITY;

  /** The clock may have been set back. */
  function isAlone(nowMs: number): boolean {
    return lost < LEAST_LOST || Math.abs(nowMs - lostAtMs) > KEPT_MS;
  }

  return {
    next(keys, nowMs) {
      if (isAlone(nowMs)) {
        since = new Map();
        lost = 0;
        return { keys, count: keys.length };
      }
      since = new Map(keys.map(key => [key, since.get(key) ?? nowMs]));
      const isLeft = (key: string): boolean =>
        Math.abs(nowMs - (since.get(key) ?? nowMs)) > LEFT_MS;
      const distances = new Map(keys.map(key => [key, distanceOf(place, placeOf(key))]));
      const others = keys.filter(key => !isLeft(key));
      const ordered = others.toSorted(
        (left, right) => (distances.get(left) ?? 0) - (distances.get(right) ?? 0),
      );
      return {
        keys: [...keys.filter(isLeft), ...ordered],
        count: Math.ceil(keys.length / 2),
      };
    },

    lost(key, { nowMs, fraction }) {
      if (isAlone(nowMs) && lost >= LEAST_LOST) lost = 0;
      lost += 1;
      lostAtMs = nowMs;
      if (lost < LEAST_LOST) return false;
      // Another process begins about there. With several, one may be on the other side too: they do not all go there.
      const away = lost === LEAST_LOST ? fraction : 0.25 + 0.5 * fraction;
      place = Math.floor(placeOf(key) + away * CIRCLE) % CIRCLE;
      return true;
    },
  };
}

/** Where a key is, the same for all processes, and without any order: FNV-1a, and a last step that spreads the last characters. */
function placeOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}

/** From one place on to the other. */
function distanceOf(from: number, to: number): number {
  return (to - from + CIRCLE) % CIRCLE;
}
