import { clockText, localText } from '../../text/instant.ts';
import type { HistoryEvent, Tenure } from '../../text/job-history.ts';
import type { SheetCell } from '../../text/sheet-cell.ts';
import { toneOfStatus } from '../../text/status.ts';
import { type TimeSpan, ticksOf } from '../../text/time-scale.ts';
import type { Sheet } from '../canvas.tsx';
import { strokeLine } from './stroke-line.ts';

const TENURE_PX = 20;
const AXIS_PX = 22;
const TOP_PX = TENURE_PX + 8;
const TICK_PX = 110;
const DAY_MS = 86_400_000;

export interface TimelineFacts {
  readonly cells: readonly SheetCell[];
  readonly events: readonly HistoryEvent[];
  readonly tenures: readonly Tenure[];
  readonly span: TimeSpan;
  /** The end of what still runs. */
  readonly until: number;
}

export function heightOfTimeline(count: number): number {
  return TOP_PX + AXIS_PX + Math.max(90, Math.min(280, count * 7));
}

/** The number of the sheet at this height; it may be outside of the sheets. */
export function sheetAtHeight(y: number, count: number): number {
  const area = heightOfTimeline(count) - TOP_PX - AXIS_PX;
  return Math.floor(((y - TOP_PX) / area) * count) + 1;
}

/** Who had the job above, and below a bar for each sheet from its start to its end: a steady job is a straight stair. */
export function drawTimeline(
  { context, width, height, colours }: Sheet,
  facts: TimelineFacts,
): void {
  const { cells, events, tenures, span, until } = facts;
  const x = (millis: number): number => ((millis - span.from) / (span.to - span.from)) * width;
  const bottom = height - AXIS_PX;
  const area = bottom - TOP_PX;
  const step = area / Math.max(1, cells.length);
  const bar = Math.max(1.2, Math.min(step - 1, 10));
  context.font = '11px ui-monospace, monospace';
  context.textBaseline = 'middle';

  context.fillStyle = colours.muted;
  context.strokeStyle = colours.faint;
  for (const tick of ticksOf(span, width / TICK_PX)) {
    const at = Math.round(x(tick)) + 0.5;
    strokeLine(context, [at, TOP_PX], [at, bottom]);
    const text = span.to - span.from > 2 * DAY_MS ? localText(tick).slice(5, 16) : clockText(tick);
    if (at + 56 < width) context.fillText(text, at + 3, bottom + AXIS_PX / 2 + 2);
  }
  strokeLine(context, [0, bottom + 0.5], [width, bottom + 0.5]);

  for (const { holder, epoch, from, to } of tenures) {
    const left = x(from);
    const length = Math.max(2, x(to ?? until) - left);
    context.fillStyle = colours.tones.run;
    context.globalAlpha = 0.18;
    context.fillRect(left, 0, length, TENURE_PX);
    context.globalAlpha = 1;
    context.fillRect(left, 0, 2, TENURE_PX);
    context.fillStyle = colours.text;
    const text = `${holder}${epoch === null ? '' : ` · ${epoch}`}`;
    if (context.measureText(text).width < length - 10)
      context.fillText(text, left + 7, TENURE_PX / 2 + 0.5);
  }

  // What deserves a look is drawn over the rest, and is seen among ten thousand.
  const started = cells.filter(({ startedAt }) => startedAt !== null);
  for (const isQuiet of [true, false]) {
    const least = isQuiet ? 1.5 : 3;
    for (const { number, status, startedAt, endedAt } of started) {
      const tone = toneOfStatus(status);
      if ((tone === 'good') !== isQuiet) continue;
      const left = x(startedAt ?? until);
      const thick = Math.max(bar, least);
      const y = TOP_PX + (number - 1) * step + (step - thick) / 2;
      context.fillStyle = colours.tones[tone];
      context.fillRect(left, y, Math.max(least, x(endedAt ?? until) - left), thick);
    }
  }

  for (const { event, at } of events) {
    if (event !== 'expired' && event !== 'failed' && event !== 'paused') continue;
    context.strokeStyle = event === 'paused' ? colours.tones.warn : colours.tones.bad;
    context.setLineDash([3, 3]);
    strokeLine(context, [x(at), 0], [x(at), bottom]);
    context.setLineDash([]);
  }
}
