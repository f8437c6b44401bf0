const EDGES =
  /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/** Trims Unicode white space. `String.trim` differs: it takes U+FEFF and leaves U+0085. */
export function trimUnicode(text: string): string {
  return text.replace(EDGES, '');
}
