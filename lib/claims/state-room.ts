/** The room for states in one answer. One state always has room, however large it is. */
export interface StateRoom {
  /** Takes room for a state; false if there is none. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/** Without a limit if `most` is null: the answer has no states. */
export function createStateRoom(most: number | null): StateRoom {
  let used = 0;
  return {
    take(bytes) {
      if (most !== null && used > 0 && used + bytes > most) return false;
      used += bytes;
      return true;
    },
    giveBack(bytes) {
      used -= bytes;
    },
  };
}
