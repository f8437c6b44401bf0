/**
 * The room for states that a bulk action changes at the same time. How large a state is shows only once it was read, so
 * each counts as the largest so far. The first one is changed alone, and so is each where one fills the room.
 */
export interface BulkRoom {
  /** Resolves when one more state may be changed. It must be left. */
  enter(): Promise<void>;
  /** `bytes` is the size of the state that was changed; null if it is not known. */
  leave(bytes: number | null): void;
}

/** `most` is how many bytes of states are changed at the same time. */
export function createBulkRoom(most: number): BulkRoom {
  const waiting: (() => void)[] = [];
  let running = 0;
  let largest: number | null = null;

  function hasRoom(): boolean {
    return running === 0 || (largest !== null && (running + 1) * largest <= most);
  }

  function admit(): void {
    while (hasRoom()) {
      const next = waiting.shift();
      if (next === undefined) return;
      running += 1;
      next();
    }
  }

  return {
    enter() {
      return new Promise(resolve => {
        waiting.push(resolve);
        admit();
      });
    },
    leave(bytes) {
      running -= 1;
      if (bytes !== null) largest = Math.max(largest ?? 0, bytes);
      admit();
    },
  };
}
