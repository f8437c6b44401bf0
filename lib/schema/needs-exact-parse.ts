/**
 * Thrown while a value of the engine's own parser is validated, where that parser may have lost
 * what the layout keeps: the digits of a large integer, `1.0` against `1`, the order of keys. The
 * text is then parsed again, exactly.
 */
export class NeedsExactParse extends Error {
  override readonly name = 'NeedsExactParse';
}

/** Built once: it is thrown as a signal, its stack is never read. */
const SIGNAL = new NeedsExactParse('The text needs the exact parser');

export function needsExactParse(): never {
  throw SIGNAL;
}
