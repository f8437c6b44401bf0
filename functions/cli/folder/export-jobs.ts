import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSummary } from '../../../lib/client/answers.ts';
import { isCode } from '../../../lib/client/exact.ts';
import type { JobFilter } from '../../../lib/client/query.ts';
import { jobKey } from '../../../lib/keys/job-id.ts';
import { DalsegnoError } from '../../../lib/worker/client/problem.ts';
import type { Session } from '../calls/command.ts';
import { isEmpty } from '../calls/filter-flags.ts';
import { pagesOf } from '../calls/pages.ts';
import { EXIT, type ExitCode } from '../terminal/exit-code.ts';
import { printable } from '../terminal/printable.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import { openExportRecord } from './export-record.ts';
import { hasFile, putWholeFile } from './whole-file.ts';

/** Jobs that are read at the same time. */
const AT_ONCE = 8;

/** Writes the jobs of the filter as files. A job that is deleted meanwhile is left out. */
export async function exportJobs(
  session: Session,
  filter: JobFilter,
  folder: string,
): Promise<ExitCode> {
  const { client, io, isJson, print, printJson, url } = session;
  await mkdir(folder, { recursive: true });
  const record = await openExportRecord(folder, url);
  const total = { written: 0, unchanged: 0, gone: 0, corrupt: 0, bytes: 0 };
  let listed = 0;
  const bar = createProgressBar(io, {
    title: 'Exporting',
    unit: 'jobs',
    total: isEmpty(filter) ? await countOf(session) : null,
  });
  const stop = (): void => bar.end('interrupted: run it again to continue');
  io.signal.addEventListener('abort', stop, { once: true });

  async function write(job: JobSummary, slot: number): Promise<readonly [string, string] | null> {
    const name = fileNameOf(job.job_id);
    if (record.versionOf(name) === job.version && (await hasFile(join(folder, name)))) {
      total.unchanged += 1;
      return null;
    }
    try {
      const { text, version } = await client.load(job.job_id);
      await putWholeFile(folder, name, { text, temporary: `.dalsegno-export-${slot}.tmp` });
      total.written += 1;
      total.bytes += Buffer.byteLength(text);
      return [name, version ?? job.version];
    } catch (error) {
      if (!isCode(error, 'job_not_found')) throw error;
      total.gone += 1;
      return null;
    }
  }

  for await (const { value, isFirst } of pagesOf(session, {
    ...filter,
    view: 'summary',
    order: 'oldest',
  })) {
    if (isFirst) {
      total.corrupt = value.corrupt.length;
      for (const { path, detail } of value.corrupt) {
        await io.stderr.write(`corrupt, not exported: ${printable(`${path}: ${detail}`)}\n`);
      }
    }
    const jobs = [...value.jobs];
    while (jobs.length > 0 && !io.signal.aborted) {
      const some = jobs.splice(0, AT_ONCE);
      const written = await Promise.all(some.map(write));
      await record.note(written.filter(entry => entry !== null));
      listed += some.length;
      bar.show(listed);
    }
    if (io.signal.aborted) break;
  }
  io.signal.removeEventListener('abort', stop);
  bar.end();
  if (isJson) await printJson(JSON.stringify({ folder, ...total }));
  else await print(sentence(folder, total));
  return total.corrupt > 0 ? EXIT.failure : EXIT.ok;
}

function fileNameOf(jobId: string): string {
  return jobKey(jobId).replace(/^jobs\//, '');
}

/** How many jobs the service has; null where it does not say. */
async function countOf({ client }: Session): Promise<number | null> {
  try {
    return (await client.stats()).value.total;
  } catch (error) {
    if (error instanceof DalsegnoError && error.problem !== null) return null;
    throw error;
  }
}

function sentence(
  folder: string,
  total: { readonly written: number; readonly unchanged: number; readonly gone: number },
): string {
  const parts = [`wrote ${total.written} jobs to ${printable(folder)}`];
  if (total.unchanged > 0) parts.push(`${total.unchanged} were there unchanged`);
  if (total.gone > 0) parts.push(`${total.gone} were deleted meanwhile`);
  return parts.join(', ');
}
