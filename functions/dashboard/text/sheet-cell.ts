import { type ExactObject, type ExactValue, isObject, numberAt, textAt } from './exact-json.ts';
import { millisOf } from './instant.ts';

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

/**
 * The number of the next sheet with this status behind `from`, or before it for a step of -1; at the end it goes on from
 * the other end. Null where no sheet has it.
 */
export function nextWith(
  cells: readonly SheetCell[],
  status: string,
  { from, step }: { readonly from: number; readonly step: 1 | -1 },
): number | null {
  const matching = cells.filter(cell => cell.status === status);
  const next =
    step === 1
      ? (matching.find(({ number }) => number > from) ?? matching[0])
      : (matching.findLast(({ number }) => number < from) ?? matching.at(-1));
  return next?.number ?? null;
}

/** One cell in words, for those who cannot see it. */
export function cellText({ number, status, attempts }: SheetCell, total: number): string {
  const tries = attempts > 1 ? `, ${attempts} attempts` : '';
  return `Sheet ${number} of ${total}: ${status.replaceAll('_', ' ')}${tries}`;
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
