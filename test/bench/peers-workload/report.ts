import type { Sample } from './measure.ts';

const WIDTHS = [30, 14, 18, 15, 15, 12] as const;

export function printTableHead(): void {
  const names = ['', 'a second', 'min to max', 'server CPU ms', 'client CPU ms', 'syncs'];
  printCells(names);
}

/** The medians of all rounds. Processor time and syncs are those of one step, job or heartbeat. */
export function printRow(name: string, unit: string, samples: readonly Sample[]): void {
  const rates = samples.map(({ perSecond }) => perSecond);
  const range = `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}`;
  const of = (member: keyof Sample) => median(samples.map(sample => sample[member]));
  printCells([
    name,
    `${Math.round(of('perSecond'))} ${unit}s`,
    range,
    digits(of('serverCpuMs')),
    digits(of('clientCpuMs')),
    digits(of('syncs')),
  ]);
}

export function printSentence(text: string): void {
  console.log(text);
}

/** Beside the table, which may go to a file. */
export function printProgress(text: string): void {
  console.error(text);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function digits(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function printCells(cells: readonly string[]): void {
  const [name = '', ...rest] = cells;
  const padded = rest.map((cell, at) => cell.padStart(WIDTHS[at + 1] ?? 0));
  console.log([name.padEnd(WIDTHS[0]), ...padded].join(' ').trimEnd());
}
