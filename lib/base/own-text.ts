/**
 * In V8 a slice of 13 characters or more references the whole text, and a concatenation references its
 * parts. A text that outlives its request is therefore copied, so that it retains only its own memory.
 */
const MIN_SLICE_CHARACTERS = 13;
/**
 * From this length on `structuredClone` is faster than JSON. Below it JSON also halves the memory of ASCII
 * text that was sliced out of a text with other characters.
 */
const MIN_CLONE_CHARACTERS = 2048;

/** A copy of the text, code unit for code unit, with its own memory. */
export function ownText<Text extends string>(text: Text): Text;
export function ownText(text: string): string {
  if (text.length < MIN_SLICE_CHARACTERS) return text;
  if (text.length >= MIN_CLONE_CHARACTERS) return structuredClone(text);
  return String(JSON.parse(JSON.stringify(text)));
}

/** A shallow copy of the object in which its direct text members are copied too. */
export function ownTexts<T extends object>(object: T): T {
  const copy = { ...object };
  for (const [name, value] of Object.entries(copy)) {
    if (typeof value === 'string') Reflect.set(copy, name, ownText(value));
  }
  return copy;
}

/** The most bytes that a copied text takes: two per character plus the engine's header. */
export function textBytes(text: string): number {
  return 24 + 2 * text.length;
}
