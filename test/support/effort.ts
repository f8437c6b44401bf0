/**
 * How much the tests search at random and how large their largest cases are: 1 in `npm test`, which has to be quick.
 * `TEST_EFFORT=20 npm run test:vitest` finds more, and takes longer.
 */
export const EFFORT = Number(globalThis.process?.env['TEST_EFFORT'] ?? 1);

/** How many cases to try: this many by the usual effort, at least one. */
export function cases(usual: number): number {
  return Math.max(1, Math.round(usual * EFFORT));
}

/** The first seeds, as many as there are cases. */
export function seeds(usual: number): readonly number[] {
  return Array.from({ length: cases(usual) }, (_, at) => at + 1);
}

/**
 * Whether every runtime and store runs all tests that it can (`npm run test:stores`). `npm test` has of those only what a
 * runtime or a store can break, and the whole suite in Node, in memory and on files.
 */
export const IS_WHOLE = globalThis.process?.env['TEST_SUITE'] === 'whole';
