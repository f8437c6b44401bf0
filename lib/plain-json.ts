/** What a text of our own says; undefined where it is no JSON. States have a parser that loses nothing. */
export function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
