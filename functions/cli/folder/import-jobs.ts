import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forEachConcurrently } from '../../../lib/base/concurrently.ts';
import { isCode } from '../../../lib/client/exact.ts';
import { DalsegnoError } from '../../../lib/worker/client/problem.ts';
import type { Session } from '../calls/command.ts';
import { EXIT, type ExitCode, usageFault } from '../terminal/exit-code.ts';
import { printable } from '../terminal/printable.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import { isSameState } from './same-state.ts';

/** Jobs that are saved at the same time: the store syncs the files of several at once. */
const AT_ONCE = 32;
const MAX_LINES = 20;

interface ImportOptions {
  readonly isOverwriting: boolean;
  readonly isDryRun: boolean;
}

type Outcome = 'created' | 'overwritten' | 'present' | 'conflicts' | 'failed';

interface Found {
  readonly outcome: Outcome;
  /** Why, for a conflict and a failure. */
  readonly reason?: string;
}

/** Saves the state files of a folder. Each is one save, so an import that was interrupted is continued by another one. */
export async function importJobs(
  session: Session,
  folder: string,
  options: ImportOptions,
): Promise<ExitCode> {
  const { io, isJson, print, printJson } = session;
  const files = await stateFiles(folder);
  const counts: Record<Outcome, number> = {
    created: 0,
    overwritten: 0,
    present: 0,
    conflicts: 0,
    failed: 0,
  };
  const notes: string[] = [];
  const bar = createProgressBar(io, { title: 'Importing', unit: 'files', total: files.length });
  const stop = (): void => bar.end('interrupted: run it again to continue');
  io.signal.addEventListener('abort', stop, { once: true });
  let done = 0;
  await forEachConcurrently(untilAborted(files, io.signal), AT_ONCE, async name => {
    const { outcome, reason } = await importFile(session, join(folder, name), options);
    counts[outcome] += 1;
    if (reason !== undefined && notes.length < MAX_LINES) notes.push(`${name}: ${reason}`);
    done += 1;
    bar.show(done);
  });
  io.signal.removeEventListener('abort', stop);
  bar.end();
  if (isJson) await printJson(JSON.stringify({ folder, dry_run: options.isDryRun, ...counts }));
  else await print(sentence(counts, options));
  await io.stderr.write(notes.map(note => `  ${printable(note)}\n`).join(''));
  const more = counts.conflicts + counts.failed - notes.length;
  if (more > 0) await io.stderr.write(`  and ${more} more\n`);
  if (counts.failed > 0) return EXIT.failure;
  return counts.conflicts > 0 ? EXIT.conflict : EXIT.ok;
}

async function stateFiles(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter(name => name.endsWith('.json') && !name.startsWith('.')).toSorted();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw usageFault(`Cannot read the folder "${folder}": ${String(error.code)}`);
  }
}

async function* untilAborted(
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (const name of names) {
    if (signal.aborted) return;
    yield name;
  }
}

async function importFile(session: Session, path: string, options: ImportOptions): Promise<Found> {
  const text = await textIn(path);
  if (text === null) return { outcome: 'failed', reason: 'It cannot be read' };
  const jobId = jobIdIn(text);
  if (jobId === null) return { outcome: 'failed', reason: 'It is not the state of a job' };
  try {
    return options.isDryRun
      ? await judge(session, { jobId, text, options })
      : await save(session, { jobId, text, options });
  } catch (error) {
    if (!(error instanceof DalsegnoError) || concernsAll(error)) throw error;
    return { outcome: 'failed', reason: `${error.detail} (${error.code})` };
  }
}

/** Null for what cannot be read, such as a folder. */
async function textIn(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

/** Whether the next file would fail too. */
function concernsAll({ status, problem }: DalsegnoError): boolean {
  return problem === null || status === 401 || status === 403 || status >= 500;
}

interface StateFile {
  readonly jobId: string;
  readonly text: string;
  readonly options: ImportOptions;
}

async function save({ client }: Session, { jobId, text, options }: StateFile): Promise<Found> {
  try {
    await client.save(jobId, text, { expect: 'absent' });
    return { outcome: 'created' };
  } catch (error) {
    if (!isCode(error, 'version_conflict')) throw error;
  }
  const stored = await client.load(jobId);
  if (isSameState(stored.text, text)) return { outcome: 'present' };
  if (!options.isOverwriting) return conflict(stored.value.status);
  await client.save(jobId, text, { expect: 'anything' });
  return { outcome: 'overwritten' };
}

/** What a save would do. */
async function judge({ client }: Session, { jobId, text, options }: StateFile): Promise<Found> {
  try {
    const stored = await client.load(jobId);
    if (isSameState(stored.text, text)) return { outcome: 'present' };
    return options.isOverwriting ? { outcome: 'overwritten' } : conflict(stored.value.status);
  } catch (error) {
    if (isCode(error, 'job_not_found')) return { outcome: 'created' };
    throw error;
  }
}

function conflict(status: string): Found {
  return { outcome: 'conflicts', reason: `The service has another state of the job, ${status}` };
}

function jobIdIn(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('job_id' in value)) return null;
    return typeof value.job_id === 'string' ? value.job_id : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function sentence(counts: Readonly<Record<Outcome, number>>, { isDryRun }: ImportOptions): string {
  const { created, overwritten, present, conflicts, failed } = counts;
  const parts = [`${created} created`, `${overwritten} overwritten`, `${present} there already`];
  if (conflicts > 0) parts.push(`${conflicts} conflicts`);
  if (failed > 0) parts.push(`${failed} failed`);
  return `${isDryRun ? 'would be: ' : ''}${parts.join(', ')}`;
}
