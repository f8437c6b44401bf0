/** What the last examination of a store came to. */
export interface Verdict {
  set(sound: boolean): void;
  /** Null where there was none. */
  get(): boolean | null;
}

export function createVerdict(): Verdict {
  let verdict: boolean | null = null;
  return {
    set(sound) {
      verdict = sound;
    },
    get: () => verdict,
  };
}
