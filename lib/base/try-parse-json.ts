/** Longer than any text of our own; another program may have put there what takes seconds to parse. */
const MAX_CHARACTERS = 1 << 16;

/** What a text of our own says; undefined where it is no JSON. States have a parser that loses nothing. */
export function parsePlain(text: string): unknown {
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
