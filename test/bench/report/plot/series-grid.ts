import { keyOf } from '../../measure/figure.ts';
import type { RunFigure } from '../run-file.ts';
import { microsText } from '../table.ts';
import type { Block } from './ratio-rows.ts';
import { element, group, type Markup, text } from './svg.ts';
import { MARGIN, WIDTH } from './theme.ts';

const COLUMNS = 4;
const GAP = 24;
const CELL_WIDTH = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS;
const CHART_HEIGHT = 76;
const CELL_HEIGHT = CHART_HEIGHT + 82;
const HEAD = 26;
const LEAST_DECADES = 3;

type Points = RunFigure['points'];

/** A small chart for every series: size to the right, processor time upwards, both by powers of ten. */
export function seriesGrid(
  title: string,
  figures: readonly RunFigure[],
  { top, before }: { readonly top: number; readonly before: ReadonlyMap<string, RunFigure> },
): Block {
  const cells = figures.map((figure, nth) =>
    seriesCell(figure, {
      left: MARGIN + (nth % COLUMNS) * (CELL_WIDTH + GAP),
      top: top + HEAD + Math.floor(nth / COLUMNS) * CELL_HEIGHT,
      old: before.get(keyOf(figure))?.points ?? [],
    }),
  );
  return {
    height: HEAD + Math.ceil(figures.length / COLUMNS) * CELL_HEIGHT,
    markup: group(text(MARGIN, top + 14, title, 'section'), ...cells),
  };
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly old: Points;
}

function seriesCell(figure: RunFigure, { left, top, old }: Place): Markup {
  const { points } = figure;
  const chartTop = top + 30;
  const bottom = chartTop + CHART_HEIGHT;
  const frame = frameOf([...points, ...old]);
  const placed = (of: Points) =>
    of.map(({ at, cpuMicros }) => ({
      x: left + frame.across(at) * CELL_WIDTH,
      y: bottom - frame.up(cpuMicros) * CHART_HEIGHT,
    }));
  const own = placed(points);
  const [first] = points;
  const last = points.at(-1);
  const texts =
    first === undefined || last === undefined
      ? []
      : [
          text(left, bottom + 13, sizeText(first.at), 'small'),
          text(left + CELL_WIDTH, bottom + 13, sizeText(last.at), 'small end'),
          text(left, bottom + 27, costText(first, last), 'small'),
        ];
  return group(
    ...titleLines(figure).map((line, nth) => text(left, top + 10 + nth * 14, line)),
    element('line', { x1: left, x2: left + CELL_WIDTH, y1: bottom, y2: bottom, class: 'grid' }),
    element('line', { x1: left, x2: left + CELL_WIDTH, y1: chartTop, y2: chartTop, class: 'grid' }),
    ...(old.length === 0 ? [] : [polyline(placed(old), 'old')]),
    polyline(own, 'line'),
    ...own.map(({ x, y }) => element('circle', { cx: x, cy: y, r: 3, class: dotClass(figure) })),
    ...texts,
  );
}

function titleLines({ name }: RunFigure): string[] {
  // The last part of the name is the largest size, which stands below the chart.
  const [section = '', ...rest] = name.replace(/, [\d,]+$/, '').split(': ');
  return [section, rest.join(': ')];
}

function dotClass({ goal, value }: RunFigure): string {
  if (goal === null || value === null) return 'plain';
  return 'atMost' in goal && value <= goal.atMost ? 'reached' : 'missed';
}

function polyline(places: readonly { x: number; y: number }[], kind: string): Markup {
  const points = places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return element('polyline', { points, class: kind });
}

/** Both axes from 0 to 1. Upwards there are at least three powers of ten, so that noise does not look like growth. */
function frameOf(points: Points) {
  const sizes = points.map(({ at }) => Math.log10(at));
  const costs = points.map(({ cpuMicros }) => Math.log10(Math.max(1, cpuMicros)));
  const least = Math.floor(Math.min(...costs));
  const decades = Math.max(LEAST_DECADES, Math.ceil(Math.max(...costs)) - least);
  const width = Math.max(...sizes) - Math.min(...sizes) || 1;
  return {
    across: (at: number) => (Math.log10(at) - Math.min(...sizes)) / width,
    up: (micros: number) => (Math.log10(Math.max(1, micros)) - least) / decades,
  };
}

function sizeText(size: number): string {
  return size.toLocaleString('en-US');
}

function costText(first: Points[number], last: Points[number]): string {
  const times = `${microsText(first.cpuMicros)} → ${microsText(last.cpuMicros)}`;
  if (first.operations === null || last.operations === null) return times;
  return `${times}, ${first.operations} → ${last.operations} ops`;
}
