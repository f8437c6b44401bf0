/** Characters that cannot be seen, or turn the direction of what follows: somebody may hide one id behind another with them. */
const HIDDEN = /\p{Cc}|[\u00ad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** The text with hidden characters written as `\u202e`. */
export function visibleText(text: string): string {
  return text.replaceAll(
    HIDDEN,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
