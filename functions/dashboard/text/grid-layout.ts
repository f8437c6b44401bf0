/** Where the cells of a grid of sheets are. Lengths are pixels. */
export interface GridLayout {
  readonly size: number;
  readonly gap: number;
  readonly columns: number;
  readonly height: number;
}

/** The more sheets, the smaller a cell. */
const SIZES: readonly (readonly [upTo: number, size: number, gap: number])[] = [
  [120, 30, 4],
  [600, 18, 3],
  [2_500, 12, 2],
  [Number.POSITIVE_INFINITY, 8, 2],
];

export function layoutOf(count: number, width: number): GridLayout {
  const [, size, gap] = SIZES.find(([upTo]) => count <= upTo) ?? [0, 8, 2];
  const columns = Math.max(1, Math.floor((width + gap) / (size + gap)));
  const rows = Math.ceil(count / columns);
  return { size, gap, columns, height: Math.max(0, rows * (size + gap) - gap) };
}

/** The left upper corner of a sheet, which is numbered from 1. */
export function cornerOf(
  { size, gap, columns }: GridLayout,
  sheet: number,
): [x: number, y: number] {
  const index = sheet - 1;
  return [(index % columns) * (size + gap), Math.floor(index / columns) * (size + gap)];
}

/** The sheet at a point; null between the cells and outside of them. */
export function sheetAtPoint(
  { size, gap, columns }: GridLayout,
  count: number,
  [x, y]: readonly [number, number],
): number | null {
  const step = size + gap;
  const column = Math.floor(x / step);
  const row = Math.floor(y / step);
  const isOutside = x < 0 || y < 0 || column >= columns || x % step > size || y % step > size;
  const sheet = row * columns + column + 1;
  return isOutside || sheet > count ? null : sheet;
}

/** The sheet that a key goes to from another one; null for a key that goes nowhere. */
export function sheetAfterKey(
  key: string,
  from: number,
  { columns, count }: { readonly columns: number; readonly count: number },
): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * 10,
    PageDown: columns * 10,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  if (step === undefined || count === 0) return null;
  const next = from + step;
  // Up and down stay in the column, and stop at the edge.
  if ((key === 'ArrowUp' || key === 'ArrowDown') && (next < 1 || next > count)) return from;
  return Math.max(1, Math.min(count, next));
}
