import { fit, widthOf } from './width.ts';

/** A cell: printable text, and how it is coloured when it has its width. */
export interface Cell {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

export interface Column {
  readonly title: string;
  readonly alignRight?: boolean;
  /** Takes the columns that the others leave, and is cut where they are not enough. */
  readonly isFlexible?: boolean;
}

const GAP = '  ';
const LEAST_FLEXIBLE = 8;

/**
 * Lines of a table, the title first. A flexible column is cut so that a line fits into `columns` of the terminal; null
 * for no limit.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  {
    columns: available,
    paintTitle,
  }: {
    readonly columns: number | null;
    readonly paintTitle: (text: string) => string;
  },
): string[] {
  const widths = widthsOf(columns, { rows, available });
  const title = columns.map(column => ({ text: column.title, paint: paintTitle }));
  return [title, ...rows].map(row => lineOf(row, { columns, widths }));
}

function widthsOf(
  columns: readonly Column[],
  {
    rows,
    available,
  }: { readonly rows: readonly (readonly Cell[])[]; readonly available: number | null },
): number[] {
  const natural = columns.map(({ title }, index) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[index]?.text ?? '')), widthOf(title)),
  );
  if (available === null) return natural;
  const flexible = columns.flatMap(({ isFlexible }, index) => (isFlexible === true ? [index] : []));
  const gaps = GAP.length * (columns.length - 1);
  let excess = natural.reduce((sum, width) => sum + width, gaps) - available;
  // The widest gives first.
  while (excess > 0) {
    const widest = flexible.toSorted((a, b) => (natural[b] ?? 0) - (natural[a] ?? 0))[0];
    const width = widest === undefined ? 0 : (natural[widest] ?? 0);
    if (widest === undefined || width <= LEAST_FLEXIBLE) break;
    natural[widest] = width - 1;
    excess -= 1;
  }
  return natural;
}

function lineOf(
  row: readonly Cell[],
  { columns, widths }: { readonly columns: readonly Column[]; readonly widths: readonly number[] },
): string {
  const cells = row.map(({ text, paint = same }, index) => {
    const width = widths[index] ?? 0;
    const shown = fit(text, width);
    const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
    const isRight = columns[index]?.alignRight === true;
    const isLast = index === row.length - 1;
    if (isRight) return `${space}${paint(shown)}`;
    return isLast ? paint(shown) : `${paint(shown)}${space}`;
  });
  return cells.join(GAP).trimEnd();
}

function same(text: string): string {
  return text;
}
