import { keyOf, reached } from '../../measure/figure.ts';
import type { RunFigure } from '../run-file.ts';
import { digits } from '../table.ts';
import { element, group, type Markup, text } from './svg.ts';
import { MARGIN, WIDTH } from './theme.ts';

/** A part of the plot, from its top on. */
export interface Block {
  readonly height: number;
  readonly markup: Markup;
}

const LEFT = 400;
const RIGHT = WIDTH - 120;
const MOST = 1.25;
const ROW = 20;
const HEAD = 30;
const BAR = 10;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Bars from 0 on, of ratios to what each figure is held against: 1 is as fast. What is faster than the axis ends at it. */
export function ratioRows(
  title: string,
  figures: readonly RunFigure[],
  { top, before }: { readonly top: number; readonly before: ReadonlyMap<string, RunFigure> },
): Block {
  const height = HEAD + figures.length * ROW + 22;
  const bottom = top + HEAD + figures.length * ROW;
  const grid = TICKS.map(tick =>
    group(
      element('line', {
        x1: xOf(tick),
        x2: xOf(tick),
        y1: top + HEAD - 6,
        y2: bottom,
        class: tick === 1 ? 'one' : 'grid',
      }),
      text(xOf(tick), bottom + 14, String(tick), 'small middle'),
    ),
  );
  const rows = figures.map((figure, nth) =>
    ratioRow(figure, { y: top + HEAD + nth * ROW, old: before.get(keyOf(figure)) ?? null }),
  );
  const markup = group(text(MARGIN, top + 14, title, 'section'), ...grid, ...rows);
  return { height, markup };
}

function ratioRow(
  figure: RunFigure,
  { y, old }: { readonly y: number; readonly old: RunFigure | null },
): Markup {
  const { value, spread, goal } = figure;
  const middle = y + ROW / 2;
  const label = text(LEFT - 12, middle + 4, labelOf(figure), 'label end');
  if (value === null) return label;
  const parts = [
    label,
    element('rect', {
      x: LEFT,
      y: middle - BAR / 2,
      width: Math.max(1, xOf(value) - LEFT),
      height: BAR,
      class: classOf(figure, value),
    }),
  ];
  if (spread.low !== null && spread.high !== null)
    parts.push(
      element('line', {
        x1: xOf(spread.low),
        x2: xOf(spread.high),
        y1: middle,
        y2: middle,
        class: 'spread',
      }),
    );
  if (goal !== null && 'atLeast' in goal) {
    const x = xOf(goal.atLeast);
    parts.push(element('line', { x1: x, x2: x, y1: middle - 8, y2: middle + 8, class: 'goal' }));
  }
  if (old !== null && old.value !== null)
    parts.push(element('circle', { cx: xOf(old.value), cy: middle, r: 4, class: 'before' }));
  parts.push(text(RIGHT + 10, middle + 4, saidOf(figure, value), 'small'));
  return group(...parts);
}

function labelOf({ name, against }: RunFigure): string {
  return against === 'bare Hono' || against === 'bare save' ? name : `${name} / ${against}`;
}

function saidOf({ goal }: RunFigure, value: number): string {
  const aim = goal !== null && 'atLeast' in goal ? `, goal ${digits(goal.atLeast)}` : '';
  return `${digits(value)}${aim}`;
}

function classOf({ goal }: RunFigure, value: number): string {
  if (goal === null) return 'plain';
  return reached({ goal, value }) ? 'reached' : 'missed';
}

function xOf(ratio: number): number {
  return LEFT + (Math.min(Math.max(ratio, 0), MOST) / MOST) * (RIGHT - LEFT);
}
