import { type ExactObject, type ExactValue, isObject, numberAt, textAt } from './exact-json.ts';
import { millisOf } from './instant.ts';
import { wordOf } from './status.ts';

/** What the grid and the timeline show of one sheet. */
export interface SheetCell {
  readonly number: number;
  readonly status: string;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** More sheets than the service accepts are shown up to here: files of other programs may name any total. */
export const MAX_CELLS = 50_000;

/** A cell for every sheet of the state, also for those that it does not have yet. */
export function cellsOf(state: ExactObject): readonly SheetCell[] {
  const sheets = sheetsOf(state);
  const total = Number(numberAt(state, 'total_sheets') ?? 0);
  const count = Math.min(MAX_CELLS, Math.max(0, Number.isFinite(total) ? total : 0));
  return Array.from({ length: count }, (_, index) => cellOf(index + 1, sheets[String(index + 1)]));
}

/** The record of a sheet; null where it has not run. */
export function sheetAt(state: ExactObject, number: number): ExactObject | null {
  const sheet = sheetsOf(state)[String(number)];
  return isObject(sheet) ? sheet : null;
}

/** How many sheets have each status. */
export function countsOf(cells: readonly SheetCell[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of cells) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

/** Where to look for the next sheet: behind `from`, or before it for a step of -1. At the end it goes on from the other end. */
export interface NextPlace {
  readonly from: number;
  readonly step: 1 | -1;
}

/** The number of the next sheet with this status. Null where no sheet has it. */
export function nextWith(
  cells: readonly SheetCell[],
  status: string,
  place: NextPlace,
): number | null {
  return nextOf(
    cells.filter(cell => cell.status === status),
    place,
  );
}

/** The number of the next of these sheets. Null where there is none. */
export function nextOf(cells: readonly SheetCell[], { from, step }: NextPlace): number | null {
  const next =
    step === 1
      ? (cells.find(({ number }) => number > from) ?? cells[0])
      : (cells.findLast(({ number }) => number < from) ?? cells.at(-1));
  return next?.number ?? null;
}

/** One cell in words, for those who cannot see it. */
export function cellText({ number, status, attempts }: SheetCell, total: number): string {
  const tries = attempts > 1 ? `, ${attempts} attempts` : '';
  return `Sheet ${number} of ${total}: ${wordOf(status)}${tries}`;
}

function sheetsOf(state: ExactObject): ExactObject {
  const sheets = state['sheets'];
  return isObject(sheets) ? sheets : {};
}

function cellOf(number: number, sheet: ExactValue | undefined): SheetCell {
  if (!isObject(sheet))
    return { number, status: 'pending', attempts: 0, startedAt: null, endedAt: null };
  return {
    number,
    status: textAt(sheet, 'status') ?? 'pending',
    attempts: Number(numberAt(sheet, 'attempt_count') ?? 0),
    startedAt: millisOf(textAt(sheet, 'started_at')),
    endedAt: millisOf(textAt(sheet, 'completed_at')),
  };
}
