import type { Random } from '../../lib/base/random.ts';

/** The same numbers for the same seed (the generator is mulberry32). */
export function seededRandom(seed = 1): Random {
  let state = seed;

  function fraction(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function hexDigit(): string {
    return Math.floor(fraction() * 16).toString(16);
  }

  const hex = (length: number) => Array.from({ length }, hexDigit).join('');
  return { fraction, id: () => hex(32), secret: () => hex(43) };
}
