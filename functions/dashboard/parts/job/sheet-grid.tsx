import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import {
  cornerOf,
  type GridLayout,
  layoutOf,
  sheetAfterKey,
  sheetAtPoint,
} from '../../text/grid-layout.ts';
import { cellText, type SheetCell } from '../../text/sheet-cell.ts';
import { Canvas, type Sheet } from '../canvas.tsx';
import { drawCell } from './draw-cell.ts';

/**
 * All sheets as cells of one canvas: ten thousand fit. For the keyboard and for screen readers it is a list of one chosen
 * option, which the arrows move.
 */
export function SheetGrid({
  cells,
  chosen,
  onChoose,
}: {
  cells: readonly SheetCell[];
  chosen: number | null;
  onChoose: (sheet: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [hovered, setHovered] = useState<number | null>(null);
  const count = cells.length;
  const heightOf = useCallback((pixels: number) => layoutOf(count, pixels - 4).height + 4, [count]);
  const draw = useCallback((sheet: Sheet) => drawGrid(sheet, cells, chosen), [cells, chosen]);
  const shown = cells[(hovered ?? chosen ?? 0) - 1];
  const active = cells[(chosen ?? 0) - 1];

  useEffect(() => {
    if (chosen !== null && box.current !== null && width > 0)
      scrollTo(box.current, chosen, layoutOf(count, width - 4));
  }, [chosen, count, width]);

  const layout = layoutOf(count, width - 4);
  const at = (event: MouseEvent): number | null => {
    const canvas = box.current?.querySelector('canvas');
    if (canvas === null || canvas === undefined) return null;
    const { left, top } = canvas.getBoundingClientRect();
    return sheetAtPoint(layout, count, [event.clientX - left - 2, event.clientY - top - 2]);
  };

  return (
    <div class="sheet-grid">
      <div
        ref={box}
        class="sheet-grid-box"
        role="listbox"
        tabIndex={0}
        aria-label={`Sheets, ${count}`}
        aria-activedescendant={active === undefined ? undefined : `sheet-${active.number}`}
        onKeyDown={event => {
          const { columns } = layout;
          const first = cells.find(({ status }) => status !== 'completed')?.number ?? 1;
          const next = sheetAfterKey(event.key, chosen ?? first, { columns, count });
          if (next === null) return;
          event.preventDefault();
          onChoose(chosen === null ? first : next);
        }}
        onMouseMove={event => setHovered(at(event))}
        onMouseLeave={() => setHovered(null)}
        onClick={event => {
          const sheet = at(event);
          if (sheet !== null) onChoose(sheet);
        }}
      >
        {active === undefined ? null : (
          <span
            key={active.number}
            id={`sheet-${active.number}`}
            class="sr-only"
            role="option"
            aria-selected="true"
            aria-setsize={count}
            aria-posinset={active.number}
          >
            {cellText(active, count)}
          </span>
        )}
        <Canvas draw={draw} heightOf={heightOf} onWidth={setWidth} />
      </div>
      <p class="muted small readout" aria-hidden="true">
        {shown === undefined ? 'Point at a sheet, or choose one' : cellText(shown, count)}
      </p>
    </div>
  );
}

function drawGrid(
  { context, width, colours }: Sheet,
  cells: readonly SheetCell[],
  chosen: number | null,
): void {
  const layout = layoutOf(cells.length, width - 4);
  const { size } = layout;
  context.font = '11px ui-monospace, monospace';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.translate(2, 2);
  for (const cell of cells) {
    const [x, y] = cornerOf(layout, cell.number);
    drawCell(context, cell, { x, y, size, colours });
  }
  if (chosen === null || chosen > cells.length) return;
  const [x, y] = cornerOf(layout, chosen);
  context.strokeStyle = colours.text;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(x - 1, y - 1, size + 2, size + 2, size > 14 ? 5 : 3);
  context.stroke();
}

/** Scrolls the box, and not the page, to the sheet. */
function scrollTo(box: HTMLElement, sheet: number, layout: GridLayout): void {
  const [, y] = cornerOf(layout, sheet);
  const bottom = y + layout.size + 8;
  if (y < box.scrollTop) box.scrollTop = Math.max(0, y - 8);
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}
