import { countText } from '../../text/count.ts';
import { type ExactObject, numberAt } from '../../text/exact-json.ts';
import { type SheetCell, sheetAt } from '../../text/sheet-cell.ts';
import { SheetDetails } from './sheet-details.tsx';
import { SheetGrid } from './sheet-grid.tsx';
import { SheetLegend } from './sheet-legend.tsx';

/** All sheets, and beside them the chosen one. */
export function SheetsView({
  state,
  cells,
  chosen,
  onChoose,
}: {
  state: ExactObject;
  cells: readonly SheetCell[];
  chosen: number | null;
  onChoose: (sheet: number | null) => void;
}) {
  const total = numberAt(state, 'total_sheets') ?? 0;
  const isChosen = chosen !== null && chosen <= cells.length;
  return (
    <div class={isChosen ? 'sheets has-details' : 'sheets'}>
      <section class="panel" aria-labelledby="sheets-title">
        <div class="panel-head">
          <h2 id="sheets-title">
            Sheets <span class="number muted">{countText(total)}</span>
          </h2>
          <SheetLegend cells={cells} chosen={chosen} onChoose={onChoose} />
        </div>
        {Number(total) > cells.length ? (
          <p class="muted">Only the first {countText(cells.length)} are shown.</p>
        ) : null}
        <SheetGrid cells={cells} chosen={isChosen ? chosen : null} onChoose={onChoose} />
      </section>
      {isChosen ? (
        <SheetDetails
          key={chosen}
          number={chosen}
          total={cells.length}
          sheet={sheetAt(state, chosen)}
          onChoose={onChoose}
        />
      ) : null}
    </div>
  );
}
