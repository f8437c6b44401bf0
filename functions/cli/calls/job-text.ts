import type { JobState, WhyAnswer } from '../../../lib/worker/client/job.ts';
import type { Colours } from '../terminal/colours.ts';
import { agoText } from '../terminal/duration.ts';
import { printable } from '../terminal/printable.ts';
import { type Cell, tableLines } from '../terminal/table.ts';
import { shown } from './command.ts';
import { statusColour } from './job-table.ts';
import { whyLines } from './why-text.ts';

interface TextOptions {
  readonly colours: Colours;
  readonly columns: number | null;
  readonly hasSheets: boolean;
}

type Sheet = JobState['sheets'][string];

const MAX_FAILED = 10;
const TITLE_CHARACTERS = 10;

/** A job for people: what it is, why it is where it is, and what went wrong. */
export function jobLines(state: JobState, why: WhyAnswer, options: TextOptions): string[] {
  const { colours } = options;
  const nowMs = Date.parse(String(why['server_time']));
  const sheets = sheetsOf(state);
  const facts: readonly (readonly [string, string | null])[] = [
    ['name', printable(state.job_name)],
    ['sheets', countsOf(sheets, state.total_sheets)],
    ['created', instantText(state['created_at'], nowMs)],
    ['updated', instantText(state['updated_at'], nowMs)],
    ['completed', instantText(state['completed_at'], nowMs)],
    ['error', state.error_message === null ? null : printable(state.error_message)],
    ['epoch', String(why.epoch)],
  ];
  return [
    ...whyLines(why, colours),
    '',
    ...facts.flatMap(([title, text]) =>
      text === null ? [] : [`${colours.dim(title.padEnd(TITLE_CHARACTERS))}${text}`],
    ),
    ...failedLines(sheets, colours),
    ...historyLines(state, { colours, nowMs }),
    ...(options.hasSheets ? ['', ...sheetTable(sheets, options)] : []),
  ];
}

function sheetsOf(state: JobState): Sheet[] {
  return Object.values(state.sheets).toSorted((a, b) => a.sheet_num - b.sheet_num);
}

function countsOf(sheets: readonly Sheet[], total: number): string {
  const counts = Map.groupBy(sheets, ({ status }) => status);
  const parts = [...counts].map(([status, some]) => `${some.length} ${printable(status)}`);
  const left = total - sheets.length;
  if (left > 0) parts.push(`${left} not begun`);
  return `${total}: ${parts.join(', ')}`;
}

function instantText(instant: unknown, nowMs: number): string | null {
  if (typeof instant !== 'string') return null;
  return `${printable(instant)} (${agoText(instant, nowMs)})`;
}

function failedLines(sheets: readonly Sheet[], colours: Colours): string[] {
  const failed = sheets.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return [];
  const lines = failed.slice(0, MAX_FAILED).map(sheet => {
    const message = typeof sheet['error_message'] === 'string' ? sheet['error_message'] : null;
    const attempts = `after ${sheet.attempt_count} attempts`;
    return `  ${colours.red(`sheet ${sheet.sheet_num}`)} ${attempts}: ${shown(message)}`;
  });
  const more = failed.length - lines.length;
  return ['', 'Failed sheets:', ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** The last changes of hands, as the service keeps them in the state. */
function historyLines(
  state: JobState,
  { colours, nowMs }: { readonly colours: Colours; readonly nowMs: number },
): string[] {
  const history = state.dalsegno?.['history'];
  if (!Array.isArray(history) || history.length === 0) return [];
  const lines = history.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { at, event, holder, by, reason }: Record<string, unknown> = { ...entry };
    const who = typeof holder === 'string' ? ` ${printable(holder)}` : '';
    const from = typeof by === 'string' && by !== holder ? ` by ${printable(by)}` : '';
    const cause = typeof reason === 'string' ? `: ${printable(reason)}` : '';
    const when = agoText(String(at), nowMs).padEnd(TITLE_CHARACTERS);
    return [`  ${colours.dim(when)}${printable(String(event))}${who}${from}${cause}`];
  });
  return ['', 'History:', ...lines];
}

function sheetTable(sheets: readonly Sheet[], { colours, columns }: TextOptions): string[] {
  const rows = sheets.map((sheet): Cell[] => [
    { text: String(sheet.sheet_num) },
    { text: printable(sheet.status), paint: statusColour(sheet.status, colours) },
    { text: String(sheet.attempt_count) },
    { text: shown(typeof sheet['error_message'] === 'string' ? sheet['error_message'] : null) },
  ]);
  const titles = [
    { title: 'SHEET', alignRight: true },
    { title: 'STATUS' },
    { title: 'ATTEMPTS', alignRight: true },
    { title: 'ERROR', isFlexible: true },
  ];
  return tableLines(titles, rows, { columns, paintTitle: colours.bold });
}
