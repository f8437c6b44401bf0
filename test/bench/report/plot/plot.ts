import { keyOf } from '../../measure/figure.ts';
import type { Run, RunFigure } from '../run-file.ts';
import { ratioRows } from './ratio-rows.ts';
import { seriesGrid } from './series-grid.ts';
import { element, group, type Markup, text } from './svg.ts';
import { MARGIN, STYLE, WIDTH } from './theme.ts';

/** What the sections of the bench are about. Their ratios are shown in this order. */
const TITLES: Readonly<Record<string, string>> = {
  codec: 'Reading and writing a state, beside JSON.parse and JSON.stringify',
  'load-and-update': 'Reading and updating a job, beside readFile and a bare durable save',
  save: 'Saving a state, beside a bare durable save',
  get: 'GET of a job on Node, beside bare Hono',
  runtimes: 'Calls on each runtime, beside bare Hono on it',
  list: 'Lists',
  leases: 'Heartbeats',
  claims: 'Claims',
  'named-claims': 'Claims by name',
  sweep: 'Sweeps',
};
const RUNTIME_NAMES = { node: 'Node', workerd: 'workerd', deno: 'Deno' } as const;
const HEAD = 64;
const GAP = 14;

/** The run as one picture: its ratios with a goal, the calls on each runtime, and what grows. With an earlier run beside it. */
export function plotOf(run: Run, before: Run | null = null): string {
  const known = new Map(before?.figures.map(figure => [keyOf(figure), figure]));
  const blocks: Markup[] = [];
  let top = HEAD;
  for (const { title, figures } of ratioSections(run)) {
    const block = ratioRows(title, figures, { top, before: known });
    blocks.push(block.markup);
    top += block.height + GAP;
  }
  const series = run.figures.filter(({ points }) => points.length > 1);
  if (series.length > 0) {
    const title = 'What grows: processor time of one call, by size (flat is good; powers of ten)';
    const block = seriesGrid(title, series, { top, before: known });
    blocks.push(block.markup);
    top += block.height;
  }
  const height = top + MARGIN / 2;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${Math.round(height)}`,
    width: WIDTH,
    height: Math.round(height),
    role: 'img',
    'aria-label': 'Figures of the bench',
  };
  return `${element(
    'svg',
    attributes,
    element('style', {}, { text: STYLE }),
    element('rect', { width: WIDTH, height: Math.round(height), class: 'ground' }),
    heading(run, before),
    ...blocks,
  )}\n`;
}

function heading(run: Run, before: Run | null): Markup {
  const { cores, model } = run.machine;
  const where = `${run.date.slice(0, 10)}, ${cores} cores, ${model}, Node ${run.versions['node']}`;
  const old = before === null ? '' : '; circle or dashed: an earlier run';
  const key = `Bar: ratio of rates, 1 is as fast; thin line: middle half of the rounds; thick tick: goal${old}`;
  return group(
    text(MARGIN, 28, 'Measured beside what each runtime can do at best', 'title'),
    text(MARGIN, 46, `${where}. ${key}`, 'small'),
  );
}

function ratioSections(run: Run): { title: string; figures: readonly RunFigure[] }[] {
  return Object.entries(TITLES).flatMap(([section, title]) => {
    const figures = run.figures.filter(
      figure =>
        figure.section === section &&
        figure.unit === 'ratio' &&
        (figure.goal !== null || section === 'runtimes'),
    );
    if (section !== 'runtimes') return figures.length === 0 ? [] : [{ title, figures }];
    const byRuntime = Map.groupBy(figures, ({ runtime }) => runtime);
    return [...byRuntime].map(([runtime, own]) => ({
      title: `Calls on ${RUNTIME_NAMES[runtime]}, beside bare Hono on it`,
      figures: own,
    }));
  });
}
