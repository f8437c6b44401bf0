import type { BulkAction, BulkAnswer, Skipped } from '../../../lib/client/answers.ts';
import type { BulkRequest, JobFilter } from '../../../lib/client/query.ts';
import { EXIT, type ExitCode, usageFault } from '../terminal/exit-code.ts';
import { printable } from '../terminal/printable.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import type { Session } from './command.ts';
import type { Change } from './single-change.ts';

interface FilteredChange extends Change {
  readonly filter: JobFilter | 'all';
}

interface Permission {
  readonly isDryRun: boolean;
  readonly isConfirmed: boolean;
}

/** Jobs that a bulk action had nothing to do with. */
const NOTHING_TO_DO = new Set(['job_finished', 'job_not_found']);
const MAX_LINES = 20;
const JOBS_OF_A_CALL = 200;

const DONE: Readonly<Record<BulkAction, string>> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
  fail: 'failed',
  complete: 'completed',
  delete: 'deleted',
};

/** Changes all jobs of a filter, after saying how many they are. */
export async function changeByFilter(
  session: Session,
  change: FilteredChange,
  { isDryRun, isConfirmed }: Permission,
): Promise<ExitCode> {
  const { client, isJson, io, print, printJson } = session;
  const { matched, text, sample } = await countAll(session, change);
  if (isDryRun) {
    if (isJson) await printJson(text);
    else await print(`would ${change.action} ${jobs(matched)}`, ...sampleLines(sample, matched));
    return EXIT.ok;
  }
  if (matched > 0 && !isConfirmed && !(await isAgreed(session, change.action, matched))) {
    await io.stderr.write('Nothing is changed.\n');
    return EXIT.failure;
  }
  const bar = createProgressBar(io, { title: change.action, unit: 'jobs', total: matched });
  const total = { matched: 0, done: 0, pending: 0 };
  const skipped: Skipped[] = [];
  const stop = (): void => bar.end(`interrupted: ${summaryOf(change.action, total, skipped)}`);
  io.signal.addEventListener('abort', stop, { once: true });
  let cursor: string | undefined;
  do {
    const { value } = await client.bulk({ ...requestOf(change), limit: JOBS_OF_A_CALL, cursor });
    add(total, value);
    skipped.push(...value.skipped);
    if (matched > JOBS_OF_A_CALL) bar.show(total.matched);
    cursor = value.cursor ?? undefined;
  } while (cursor !== undefined && !io.signal.aborted);
  io.signal.removeEventListener('abort', stop);
  bar.end();
  if (isJson) await printJson(JSON.stringify({ action: change.action, ...total, skipped }));
  else await print(summaryOf(change.action, total, skipped));
  await listSkipped(session, skipped);
  return skipped.every(({ code }) => NOTHING_TO_DO.has(code)) ? EXIT.ok : EXIT.conflict;
}

function requestOf({ action, filter, force, errorMessage }: FilteredChange): BulkRequest {
  return { action, filter, force, errorMessage };
}

/** How many jobs the filter has, by a dry run. */
async function countAll(
  { client }: Session,
  change: FilteredChange,
): Promise<{
  readonly matched: number;
  readonly text: string;
  readonly sample: readonly string[];
}> {
  const request = { ...requestOf(change), dryRun: true };
  const first = await client.bulk(request);
  let { matched, cursor } = first.value;
  while (cursor !== null) {
    const next = (await client.bulk({ ...request, cursor })).value;
    matched += next.matched;
    cursor = next.cursor;
  }
  const { sample = [] } = first.value;
  return { matched, sample, text: JSON.stringify({ ...first.value, matched, cursor: null }) };
}

async function isAgreed({ io }: Session, action: BulkAction, matched: number): Promise<boolean> {
  if (!io.stdin.isTerminal || !io.stderr.isTerminal) {
    throw usageFault(
      `This would ${action} ${jobs(matched)}`,
      'Give --yes to do it, or --dry-run to see which.',
    );
  }
  await io.stderr.write(`${action} ${jobs(matched)}? [y/N] `);
  const answer = await io.stdin.line();
  return /^y(?:es)?$/i.test((answer ?? '').trim());
}

function add(total: { matched: number; done: number; pending: number }, one: BulkAnswer): void {
  total.matched += one.matched;
  total.done += one.done;
  total.pending += one.pending;
}

function summaryOf(
  action: BulkAction,
  { done, pending }: { readonly done: number; readonly pending: number },
  skipped: readonly Skipped[],
): string {
  const parts = [`${DONE[action]} ${jobs(done)}`];
  if (pending > 0) parts.push(`asked the holders of ${jobs(pending)}`);
  for (const [code, some] of Map.groupBy(skipped, one => one.code)) {
    parts.push(`left ${jobs(some.length)} (${printable(code)})`);
  }
  return parts.join(', ');
}

async function listSkipped({ io, isJson }: Session, skipped: readonly Skipped[]): Promise<void> {
  if (isJson) return;
  const worth = skipped.filter(({ code }) => !NOTHING_TO_DO.has(code));
  const lines = worth
    .slice(0, MAX_LINES)
    .map(({ job_id, code, detail }) => `  ${printable(`${job_id}: ${detail} (${code})`)}\n`);
  const more = worth.length - lines.length;
  await io.stderr.write(`${lines.join('')}${more > 0 ? `  and ${more} more\n` : ''}`);
}

function sampleLines(sample: readonly string[], matched: number): string[] {
  const more = matched - sample.length;
  const lines = sample.map(id => `  ${printable(id)}`);
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

function jobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`;
}
