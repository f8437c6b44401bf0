import { countText } from '../../text/count.ts';
import { countsOf, nextOf, nextWith, type SheetCell } from '../../text/sheet-cell.ts';
import { toneOfStatus, wordOf } from '../../text/status.ts';

/** How many sheets have each status; a click goes to the next of them. */
export function SheetLegend({
  cells,
  chosen,
  onChoose,
}: {
  cells: readonly SheetCell[];
  chosen: number | null;
  onChoose: (sheet: number) => void;
}) {
  const next = { from: chosen ?? 0, step: 1 } as const;
  const retried = cells.filter(({ attempts }) => attempts > 1);
  return (
    <div class="legend">
      {[...countsOf(cells)].map(([status, count]) => (
        <button
          key={status}
          type="button"
          class={`chip tone-${toneOfStatus(status)}`}
          title={`Next ${wordOf(status)} sheet`}
          onClick={() => onChoose(nextWith(cells, status, next) ?? 1)}
        >
          <span class={`glyph glyph-${status}`} aria-hidden="true" />
          <span class="number">{countText(count)}</span> {wordOf(status)}
        </button>
      ))}
      {retried.length === 0 ? null : (
        <button
          type="button"
          class="chip"
          title="Next sheet with more than one attempt"
          onClick={() => onChoose(nextOf(retried, next) ?? 1)}
        >
          <span class="number">{countText(retried.length)}</span> tried again
        </button>
      )}
    </div>
  );
}
