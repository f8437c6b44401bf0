import type { LiveJob } from '../../../lib/client/answers.ts';
import type { Colours } from '../terminal/colours.ts';
import { agoText, durationText } from '../terminal/duration.ts';
import { printable } from '../terminal/printable.ts';
import { type Cell, type Column, tableLines } from '../terminal/table.ts';
import { shown } from './command.ts';

const COLUMNS: readonly Column[] = [
  { title: 'ID', isFlexible: true },
  { title: 'NAME', isFlexible: true },
  { title: 'STATUS' },
  { title: 'STANDING' },
  { title: 'SHEETS', alignRight: true },
  { title: 'HOLDER', isFlexible: true },
  { title: 'LEFT', alignRight: true },
  { title: 'ACTIVE' },
];

interface TableOptions {
  readonly colours: Colours;
  /** Of the terminal; null for no limit. */
  readonly columns: number | null;
  /** The service's clock, in milliseconds. */
  readonly nowMs: number;
}

/** Jobs as a table. */
export function jobTable(
  jobs: readonly LiveJob[],
  { colours, columns, nowMs }: TableOptions,
): string[] {
  const rows = jobs.map(job => rowOf(job, colours, nowMs));
  return tableLines(COLUMNS, rows, { columns, paintTitle: colours.bold });
}

function rowOf(job: LiveJob, colours: Colours, nowMs: number): Cell[] {
  const { standing, lease, progress } = job;
  const left = lease === null ? null : Date.parse(lease.expires_at) - nowMs;
  return [
    { text: printable(job.job_id) },
    { text: printable(job.job_name), paint: colours.dim },
    { text: shown(job.status), paint: statusColour(job.status, colours) },
    { text: shown(standing), paint: standingColour(standing, colours) },
    { text: `${progress[0]}/${progress[1]}` },
    { text: shown(job.holder) },
    { text: leftText(left), paint: left !== null && left < 0 ? colours.red : undefined },
    { text: agoText(job.last_activity_at, nowMs), paint: colours.dim },
  ];
}

/** The time that a lease has left; how late it is once it has expired. */
export function leftText(leftMs: number | null): string {
  if (leftMs === null || Number.isNaN(leftMs)) return '-';
  return leftMs < 0 ? `-${durationText(-leftMs)}` : durationText(leftMs);
}

export function statusColour(status: string, colours: Colours): (text: string) => string {
  switch (status) {
    case 'completed':
      return colours.green;
    case 'failed':
      return colours.red;
    case 'cancelled':
      return colours.dim;
    case 'running':
      return colours.cyan;
    default:
      return String;
  }
}

function standingColour(standing: string, colours: Colours): (text: string) => string {
  switch (standing) {
    case 'held':
      return colours.green;
    case 'stalled':
    case 'ending':
    case 'unleased':
      return colours.yellow;
    case 'zombie':
      return colours.red;
    default:
      return colours.dim;
  }
}
