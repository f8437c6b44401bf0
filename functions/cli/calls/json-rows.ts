/**
 * The exact texts of the elements of a member that is a list of objects, in a JSON object: `{"jobs":[{…},{…}],…}`. The
 * text is JSON: it was parsed before.
 */
export function elementTexts(text: string, member: string): string[] {
  const rows: string[] = [];
  let depth = 0;
  let begin = -1;
  let key = '';
  let isWanted = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charAt(at)) {
      case '"': {
        const end = endOfString(text, at);
        if (depth === 1) key = text.slice(at + 1, end);
        at = end;
        break;
      }
      case '[':
      case '{':
        depth += 1;
        if (depth === 2) isWanted = key === member && text[at] === '[';
        if (isWanted && depth === 3) begin = at;
        break;
      case ']':
      case '}':
        if (isWanted && depth === 3) rows.push(text.slice(begin, at + 1));
        depth -= 1;
        break;
      default:
    }
  }
  return rows;
}

/** Where the string that begins here ends: the place of its last quote. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/** JSON in one line: without the line ends and the indentation between its values. */
export function inOneLine(text: string): string {
  if (!/[\n\r]/.test(text)) return text;
  // A line end is never within a string, where it is escaped.
  return text.trim().replaceAll(/[\n\r]+[ \t]*/g, '');
}
