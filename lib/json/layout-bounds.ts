const OBJECT = { open: '{', close: '}' };
const ARRAY = { open: '[', close: ']' };

/** What a part of a JSON text has at most. */
export interface LayoutBounds {
  /** Values of all kinds and depths. */
  readonly values: number;
  /** The characters of line breaks and indentation that the layout of the files adds for these values. */
  readonly indentation: number;
}

/**
 * Bounds for the part of a JSON text between two offsets, whose first value has `depth` containers around it. It takes a
 * tenth of the time of an outline: it searches for commas and brackets alone, so those in strings count.
 */
export function layoutBounds(
  text: string,
  { start, end, depth }: { readonly start: number; readonly end: number; readonly depth: number },
): LayoutBounds {
  const part = text.slice(start, end);
  const objects = openedIn(part, OBJECT);
  const arrays = openedIn(part, ARRAY);
  let values = 1 + objects.all + arrays.all;
  for (let at = part.indexOf(','); at >= 0; at = part.indexOf(',', at + 1)) values++;
  const levels = depth + objects.nested + arrays.nested;
  return { values, indentation: values * (1 + 2 * levels) };
}

/** How many containers are opened. Nothing is in an empty one. */
function openedIn(
  part: string,
  { open, close }: { readonly open: string; readonly close: string },
): { readonly all: number; readonly nested: number } {
  let all = 0;
  let nested = 0;
  for (let at = part.indexOf(open); at >= 0; at = part.indexOf(open, at + 1)) {
    all++;
    if (part[at + 1] !== close) nested++;
  }
  return { all, nested };
}
