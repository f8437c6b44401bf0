/*
 * Names, ids and messages come from elsewhere, and a terminal obeys what they contain. C0 and C1 controls move the cursor
 * or send keys, and bidirectional controls change the order of what is read.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text in one line, with everything escaped that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, escapeOf);
}

/** Like `printable`, for a text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const named = NAMED[character];
  if (named !== undefined) return named;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/**
 * JSON text for a terminal: the same value, with what a terminal would obey as JSON's own escapes. Such characters
 * stand only within strings; line ends and tabs between the values stay.
 */
export function printableJson(text: string): string {
  return text.replaceAll(UNSAFE, character =>
    /[\n\r\t]/.test(character) ? character : utf16Escapes(character),
  );
}

function utf16Escapes(character: string): string {
  return Array.from(
    { length: character.length },
    (_none, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
