/**
 * Thrown during the validation of a value from the engine's parser, if that parser may have lost what the
 * layout preserves: the digits of a large integer, `1.0` as opposed to `1`, the order of keys. The caller
 * then parses the text again with the exact parser.
 */
export class NeedsExactParse extends Error {
  override readonly name = 'NeedsExactParse';
}

/** Created once, because it is only a signal: its stack is never read. */
const SIGNAL = new NeedsExactParse('The text needs the exact parser');

export function needsExactParse(): never {
  throw SIGNAL;
}
