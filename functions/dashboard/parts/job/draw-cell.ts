import type { SheetCell } from '../../text/sheet-cell.ts';
import { toneOfStatus } from '../../text/status.ts';
import type { Colours } from '../tone-colours.ts';
import { strokeLine } from './stroke-line.ts';

/** From this size on a cell has room for its number. */
const NUMBERED_SIZE = 26;

/**
 * Draws one cell. The statuses differ in shape too: pending is an outline, running is half filled, failed has a cross,
 * skipped and cancelled have a stroke. A corner is cut where there was more than one attempt.
 */
export function drawCell(
  context: CanvasRenderingContext2D,
  cell: SheetCell,
  place: {
    readonly x: number;
    readonly y: number;
    readonly size: number;
    readonly colours: Colours;
  },
): void {
  const { x, y, size, colours } = place;
  const tone = toneOfStatus(cell.status);
  const colour = colours.tones[tone];
  const isNumbered = size >= NUMBERED_SIZE;
  const isOutline = tone === 'idle' || tone === 'odd';
  context.fillStyle = colour;
  context.strokeStyle = isOutline ? (tone === 'odd' ? colour : colours.line) : colour;
  context.lineWidth = 1;

  if (isOutline) {
    path(context, x + 0.5, y + 0.5, size - 1);
    context.stroke();
    if (tone === 'odd') strokeLine(context, [x + 2, y + size - 2], [x + size - 2, y + 2]);
  } else {
    const isHalf = tone === 'run' || tone === 'warn';
    path(context, x, y, size);
    // Completed sheets are many, and quiet: what deserves a look stands out.
    context.globalAlpha = isNumbered ? 0.2 : isHalf ? 0.35 : tone === 'good' ? 0.6 : 1;
    context.fill();
    context.globalAlpha = 1;
    if (isHalf) {
      const filled = isNumbered ? 4 : size / 2;
      context.fillRect(x, y + size - filled, size, filled);
      path(context, x + 0.5, y + 0.5, size - 1);
      context.stroke();
    }
    if (tone === 'bad' && !isNumbered && size >= 12) {
      context.strokeStyle = colours.panel;
      context.lineWidth = 1.5;
      const inset = size / 4;
      strokeLine(context, [x + inset, y + inset], [x + size - inset, y + size - inset]);
      strokeLine(context, [x + size - inset, y + inset], [x + inset, y + size - inset]);
    }
  }
  if (cell.attempts > 1) cutCorner(context, place);
  if (isNumbered) {
    context.fillStyle = isOutline ? colours.muted : tone === 'bad' ? colour : colours.text;
    context.fillText(String(cell.number), x + size / 2, y + size / 2 + 0.5);
  }
}

function path(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.beginPath();
  context.roundRect(x, y, size, size, size > 14 ? 4 : 2);
}

function cutCorner(
  context: CanvasRenderingContext2D,
  { x, y, size, colours }: { x: number; y: number; size: number; colours: Colours },
): void {
  const cut = Math.max(3, size / 3.2);
  context.fillStyle = size >= NUMBERED_SIZE ? colours.tones.warn : colours.panel;
  context.beginPath();
  context.moveTo(x + size - cut, y);
  context.lineTo(x + size, y);
  context.lineTo(x + size, y + cut);
  context.closePath();
  context.fill();
}
