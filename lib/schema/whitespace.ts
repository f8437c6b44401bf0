const WHITE_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * Trims Unicode white space. `String.trim` differs: it takes U+FEFF and leaves U+0085. A loop, for
 * an expression that looks for the end of the text starts anew at every space inside it.
 */
export function trimUnicode(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.test(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** A number that is given as text is not longer: every look at it takes time in proportion. */
export const LONGEST_NUMBER_TEXT = 100_000;
