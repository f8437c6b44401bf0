import { element, group, type Markup, text } from '../../bench/report/plot/svg.ts';
import { MARGIN, STYLE, WIDTH } from '../../bench/report/plot/theme.ts';
import { type Minute, minutesOf } from './minutes.ts';
import type { Second } from './second.ts';

interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly { readonly values: readonly number[]; readonly kind: 'line' | 'old' }[];
}

const COLUMNS = 2;
const GAP = 40;
const CELL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / COLUMNS;
const CHART_HEIGHT = 90;
const CELL_HEIGHT = CHART_HEIGHT + 56;
const HEAD = 60;
const MEGABYTE = 2 ** 20;
/** Points of each line, at most. */
const POINTS = 120;

/** Memory, descriptors, latency and lag over time. All axes begin at 0, so that what grows looks as it is. */
export function plotOfSoak(seconds: readonly Second[], title: string): string {
  const parts = minutesOf(seconds, Math.max(1, Math.ceil(seconds.length / POINTS)));
  const of = (value: (part: Minute) => number) => parts.map(value);
  const charts: readonly Chart[] = [
    {
      title: 'Resident memory, and the heap (dashed)',
      unit: 'MB',
      lines: [
        { values: of(({ rssBytes }) => rssBytes / MEGABYTE), kind: 'line' },
        { values: of(({ heapBytes }) => heapBytes / MEGABYTE), kind: 'old' },
      ],
    },
    {
      title: 'Latency: p99, and p50 (dashed)',
      unit: 'ms',
      lines: [
        { values: of(({ p99Ms }) => p99Ms), kind: 'line' },
        { values: of(({ p50Ms }) => p50Ms), kind: 'old' },
      ],
    },
    {
      title: 'Open descriptors',
      unit: '',
      lines: [{ values: of(({ descriptors }) => descriptors ?? 0), kind: 'line' }],
    },
    {
      title: 'Lag of the event loop: p99',
      unit: 'ms',
      lines: [{ values: of(({ lagP99Ms }) => lagP99Ms), kind: 'line' }],
    },
    {
      title: 'Calls answered in a second',
      unit: '',
      lines: [{ values: of(({ perSecond }) => perSecond), kind: 'line' }],
    },
    {
      title: 'Processor time of the service',
      unit: '%',
      lines: [{ values: of(({ cpuShare }) => 100 * cpuShare), kind: 'line' }],
    },
  ];
  const height = HEAD + Math.ceil(charts.length / COLUMNS) * CELL_HEIGHT + MARGIN / 2;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: 'img',
    'aria-label': title,
  };
  const cells = charts.map((chart, nth) =>
    chartCell(chart, {
      left: MARGIN + (nth % COLUMNS) * (CELL_WIDTH + GAP),
      top: HEAD + Math.floor(nth / COLUMNS) * CELL_HEIGHT,
      seconds: seconds.length,
    }),
  );
  return `${element(
    'svg',
    attributes,
    element('style', {}, { text: STYLE }),
    element('rect', { width: WIDTH, height, class: 'ground' }),
    text(MARGIN, 30, title, 'title'),
    ...cells,
  )}\n`;
}

function chartCell(
  { title, unit, lines }: Chart,
  { left, top, seconds }: { readonly left: number; readonly top: number; readonly seconds: number },
): Markup {
  const chartTop = top + 10;
  const bottom = chartTop + CHART_HEIGHT;
  const most = niceAbove(
    Math.max(0, ...lines.flatMap(({ values }) => values.filter(Number.isFinite))),
  );
  const place = (value: number, at: number, count: number) => {
    const x = left + (count < 2 ? 0 : at / (count - 1)) * CELL_WIDTH;
    return `${x.toFixed(1)},${(bottom - (Math.max(0, value) / most) * CHART_HEIGHT).toFixed(1)}`;
  };
  return group(
    text(left, top, title, 'section'),
    ...[chartTop, (chartTop + bottom) / 2, bottom].map(y =>
      element('line', { x1: left, x2: left + CELL_WIDTH, y1: y, y2: y, class: 'grid' }),
    ),
    text(left + CELL_WIDTH, top, `up to ${most}${unit === '' ? '' : ` ${unit}`}`, 'small end'),
    ...lines.map(({ values, kind }) => {
      const known = values.filter(Number.isFinite);
      const points = known.map((value, at) => place(value, at, known.length)).join(' ');
      return element('polyline', { points, class: kind });
    }),
    text(left, bottom + 14, '0', 'small'),
    text(left + CELL_WIDTH, bottom + 14, durationText(seconds), 'small end'),
  );
}

function durationText(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
}

/** The next of 1, 2, 5, 10, 20 and so on. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value) ?? 10 * power;
}
