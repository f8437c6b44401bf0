import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf } from '../measure/figure.ts';
import { plotOf } from './plot/plot.ts';
import { type Run, type RunFigure, writeRun } from './run-file.ts';
import { digits, goalText, microsText, valueText } from './table.ts';

const FOLDER = join(import.meta.dirname, '../../../functions/performance');
const BEGIN = '<!-- figures:begin -->';
const END = '<!-- figures:end -->';

/** Writes the run, its plot, and its table into the page of the documents. */
export function writePage(run: Run, before: Run | null): void {
  const page = join(FOLDER, 'README.md');
  writeFileSync(page, pageWith(readFileSync(page, 'utf8'), run, before));
  writeFileSync(join(FOLDER, 'figures.svg'), plotOf(run, before));
  writeRun(join(FOLDER, 'figures.json'), run);
}

/** The page with the figures of this run between its two comments. Throws if it does not have both. */
export function pageWith(page: string, run: Run, before: Run | null = null): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The page has no ${BEGIN} before an ${END}`);
  const figures = `${BEGIN}\n\n${figuresText(run, before)}\n\n`;
  return page.slice(0, begin) + figures + page.slice(end);
}

function figuresText(run: Run, before: Run | null): string {
  const shown = run.figures.filter(isShown);
  const known = new Map(before?.figures.map(figure => [keyOf(figure), figure]));
  const sections = [...Map.groupBy(shown, ({ section }) => section)];
  const tables = sections.map(([section, figures]) => sectionTable(section, figures, known));
  return [machineText(run), ...tables].join('\n\n');
}

/** What has a goal, stands alone or is a series, and all of the runtimes. */
function isShown({ section, goal, unit }: RunFigure): boolean {
  return goal !== null || unit !== 'ratio' || section === 'runtimes';
}

function machineText({ date, machine, versions, commit, pace }: Run): string {
  const { cores, model, memoryBytes, system } = machine;
  const gigabytes = Math.round(memoryBytes / 2 ** 30);
  const of = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const at = commit === null ? '' : ` at commit ${commit}`;
  return `Measured on ${date.slice(0, 10)}${at}: ${cores} cores (${model}), ${gigabytes} GB, ${system}; ${of.join(', ')}. ${pace.rounds} rounds.`;
}

function sectionTable(
  section: string,
  figures: readonly RunFigure[],
  known: ReadonlyMap<string, RunFigure>,
): string {
  const isCompared = figures.some(figure => known.has(keyOf(figure)));
  const head = [
    `\`${section}\``,
    'beside',
    ...(isCompared ? ['before'] : []),
    'value',
    'middle half',
    'goal',
    'by processor time',
    'processor time of one, and of the other',
  ];
  const rows = figures.map(figure => {
    const old = known.get(keyOf(figure))?.value ?? null;
    return [
      labelOf(figure),
      figure.against,
      ...(isCompared ? [old === null ? '' : valueText(old, figure.unit)] : []),
      `**${saidValue(figure)}**`,
      spreadText(figure),
      goalText(figure.goal, figure.unit),
      figure.cpuRatio?.median === undefined || figure.cpuRatio.median === null
        ? ''
        : digits(figure.cpuRatio.median),
      cpuText(figure),
    ];
  });
  return [head, head.map(() => '---'), ...rows].map(rowText).join('\n');
}

function labelOf({ runtime, name }: RunFigure): string {
  return runtime === 'node' ? name : `${runtime}: ${name}`;
}

function saidValue({ value, unit }: RunFigure): string {
  return value === null ? '?' : valueText(value, unit);
}

function spreadText({ spread: { low, high }, unit }: RunFigure): string {
  if (low === null || high === null) return '';
  return `${valueText(low, unit)} to ${valueText(high, unit)}`;
}

function cpuText({ own, other, points }: RunFigure): string {
  if (points.length > 0) {
    const operations = points.map(point => point.operations);
    const times = points.map(({ cpuMicros }) => microsText(cpuMicros)).join(', ');
    return operations.includes(null)
      ? times
      : `${times}; calls of the store: ${operations.join(', ')}`;
  }
  const [one, two] = [microsText(own?.cpuMicros), microsText(other?.cpuMicros)];
  return two === '' ? one : `${one}, ${two}`;
}

function rowText(cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
