/** The range of a private key in a text, as offsets. */
export interface PrivateKeyRange {
  readonly start: number;
  readonly end: number;
}

const BASE64 = '[A-Za-z0-9+/=]';
// A header line that a key may have besides its base64.
const ARMOR_HEADER = String.raw`(?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\n\\]{0,200}`;
// The characters between two lines: a real or escaped newline, quotes and indentation.
const SEPARATOR = String.raw`(?:[\s"',>|]|\\[nrt])`;

const MARKER = /-{4,5} ?(BEGIN|END) (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
const BODY_AFTER_BEGIN = new RegExp(
  `(?:${SEPARATOR}*(?:${ARMOR_HEADER}|${BASE64}{16,}))*(?:${SEPARATOR}*${BASE64}+$)?`,
  'y',
);
// A lookbehind matches from its end. The last line of a key may be short, and so may the line in which the
// text starts. All other lines are long, so words before the key do not match.
const BODY_BEFORE_END = new RegExp(
  `(?<=((?:(?:^${BASE64}*|(?<=${SEPARATOR})${BASE64}{40,})${SEPARATOR}+)*(?:(?<=^|${SEPARATOR})${BASE64}+)?${SEPARATOR}*))-`,
  'y',
);

/**
 * The ranges of private keys in PEM format, in order and without overlap. A range is from BEGIN to END. If
 * the END is missing, it is the BEGIN with the base64 after it. If the BEGIN is missing, it is the END with
 * the base64 before it. Every BEGIN and END is in a range, so a second redaction changes nothing.
 */
export function findPrivateKeys(text: string): readonly PrivateKeyRange[] {
  const ranges: PrivateKeyRange[] = [];
  let open: { readonly start: number; readonly end: number } | null = null;
  for (const marker of text.matchAll(MARKER)) {
    const end = marker.index + marker[0].length;
    if (marker[1] === 'BEGIN') {
      if (open !== null) ranges.push({ start: open.start, end: bodyEnd(text, open.end) });
      open = { start: marker.index, end };
      continue;
    }
    ranges.push({ start: open === null ? bodyStart(text, marker.index) : open.start, end });
    open = null;
  }
  if (open !== null) ranges.push({ start: open.start, end: bodyEnd(text, open.end) });
  return ranges;
}

function bodyEnd(text: string, from: number): number {
  BODY_AFTER_BEGIN.lastIndex = from;
  return from + (BODY_AFTER_BEGIN.exec(text)?.[0].length ?? 0);
}

function bodyStart(text: string, end: number): number {
  BODY_BEFORE_END.lastIndex = end;
  return end - (BODY_BEFORE_END.exec(text)?.[1]?.length ?? 0);
}
