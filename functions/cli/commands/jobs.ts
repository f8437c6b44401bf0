import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { CorruptFile } from '../../../lib/client/answers.ts';
import type { ListQuery } from '../../../lib/client/query.ts';
import { type CommandParts, type Session, withSession } from '../calls/command.ts';
import { addFilterFlags, filterOf } from '../calls/filter-flags.ts';
import { elementTexts, inOneLine } from '../calls/json-rows.ts';
import { pagesOf } from '../calls/pages.ts';
import { examples } from '../calls/root.ts';
import { printable } from '../terminal/printable.ts';

const DEFAULT_ROWS = 50;
const MAX_ROWS = 10_000_000;

/** `dalsegno jobs`: a table of jobs, or their JSON. */
export function addJobs(parts: CommandParts): void {
  addFilterFlags(parts.root.command('jobs').summary('list jobs'))
    .description(
      'Lists jobs, those first that were updated last: where each stands, and who holds it for how long.',
    )
    .option('--order <order>', 'newest or oldest update first (newest)', orderOf)
    .option('--limit <rows>', `how many jobs at most (${DEFAULT_ROWS})`, rowsOf)
    .option('--all', 'all jobs')
    .option('--full', 'with --json: whole states')
    .addHelpText(
      'after',
      examples(
        'dalsegno jobs --standing zombie,stalled',
        'dalsegno jobs --q import --status failed --all',
        'dalsegno jobs --updated-before 30d --order oldest',
        "dalsegno jobs --all --json | jq -r 'select(.percent < 100) | .job_id'",
      ),
    )
    .action(async ({ order, limit, all, full, ...filter }) => {
      await withSession(parts, async session => {
        const rows = all === true ? Number.POSITIVE_INFINITY : (limit ?? DEFAULT_ROWS);
        const query = { ...filterOf(filter, session.io.timing.wallMs()), order };
        if (!session.isJson) await printTable(session, { ...query, view: 'live' }, rows);
        else await printJson(session, { ...query, view: full === true ? 'full' : 'live' }, rows);
      });
    });
}

/** Exact rows, one a line. */
async function printJson(
  session: Session,
  query: ListQuery<'live' | 'full'>,
  rows: number,
): Promise<void> {
  for await (const { value, text, isFirst } of pagesOf(session, query, rows)) {
    if (isFirst) await warnOfCorrupt(session, value.corrupt);
    for (const row of elementTexts(text, 'jobs')) await session.printJson(inOneLine(row));
  }
}

async function printTable(session: Session, query: ListQuery<'live'>, rows: number): Promise<void> {
  const { io, colours, print } = session;
  const { jobTable } = await import('../calls/job-table.ts');
  let hasPrinted = false;
  for await (const { value, isFirst, isLast } of pagesOf(session, query, rows)) {
    const { jobs, corrupt, next_cursor, server_time = '' } = value;
    if (isFirst) await warnOfCorrupt(session, corrupt);
    // A page without jobs is the last one, or a long search goes on behind it.
    if (jobs.length > 0) {
      const nowMs = Date.parse(server_time) || io.timing.wallMs();
      const lines = jobTable(jobs, { colours, columns: io.stdout.columns, nowMs });
      await print(...(hasPrinted ? lines.slice(1) : lines));
      hasPrinted = true;
    }
    if (isLast && next_cursor === null && !hasPrinted) await io.stderr.write('No job matches.\n');
    if (isLast && next_cursor !== null && !io.stdout.isClosed) {
      await io.stderr.write('There are more jobs: see --all and --limit.\n');
    }
  }
}

async function warnOfCorrupt({ io }: Session, corrupt: readonly CorruptFile[]): Promise<void> {
  for (const { path, error_type, detail } of corrupt) {
    await io.stderr.write(`corrupt: ${printable(`${path}: ${error_type}: ${detail}`)}\n`);
  }
}

function orderOf(text: string): 'newest' | 'oldest' {
  if (text === 'newest' || text === 'oldest') return text;
  throw new InvalidArgumentError('Expected newest or oldest.');
}

function rowsOf(text: string): number {
  const rows = /^[0-9]{1,8}$/.test(text) ? Number(text) : 0;
  if (rows >= 1 && rows <= MAX_ROWS) return rows;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_ROWS}.`);
}
