/** Longer than any text of this service. Text of another program may be large enough to take seconds to parse. */
const MAX_CHARACTERS = 1 << 16;

/**
 * Parses small JSON that this service wrote. Undefined for text that is not JSON or is too long.
 * States need the exact parser of `lib/json`, which loses nothing.
 */
export function tryParseJson(text: string): unknown {
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
