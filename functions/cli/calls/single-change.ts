import type { BulkAction } from '../../../lib/client/answers.ts';
import type { RequestAnswer } from '../../../lib/worker/client/job.ts';
import { CommandFailure, EXIT, type ExitCode } from '../terminal/exit-code.ts';
import { printable } from '../terminal/printable.ts';
import type { Session } from './command.ts';
import { reportOf } from './failure.ts';
import { inOneLine } from './json-rows.ts';

export interface Change {
  readonly action: BulkAction;
  readonly force: boolean | undefined;
  readonly errorMessage: string | undefined;
}

interface JobsChange extends Change {
  readonly isDryRun: boolean;
}

/** Changes jobs by their ids, one after the other. The exit code is that of the first one that could not be changed. */
export async function changeJobs(
  session: Session,
  ids: readonly string[],
  change: JobsChange,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  for (const id of ids) {
    try {
      await changeOne(session, id, change);
    } catch (error) {
      const report = reportOf(error, session);
      if (report === null || ids.length === 1 || error instanceof CommandFailure) throw error;
      await session.io.stderr.write(`${printable(id)}: ${printable(report.message)}\n`);
      if (exitCode === EXIT.ok) exitCode = report.exitCode;
    }
  }
  return exitCode;
}

async function changeOne(
  { client, isJson, print, printJson }: Session,
  id: string,
  { action, isDryRun, ...options }: JobsChange,
): Promise<void> {
  if (isDryRun) {
    const { value, text } = await client.why(id);
    if (isJson) await printJson(inOneLine(text));
    else await print(`would ${action} ${printable(id)}: ${printable(value.summary)}`);
    return;
  }
  if (action === 'delete') {
    await client.remove({ jobId: id }, { force: options.force });
    if (isJson) await printJson(JSON.stringify({ job_id: id, deleted: true }));
    else await print(`deleted ${printable(id)}`);
    return;
  }
  const { value, text } = await client.control(action, { jobId: id }, options);
  if (isJson) await printJson(inOneLine(text));
  else await print(sentence(action, value));
}

function sentence(action: BulkAction, { job_id, status, requested }: RequestAnswer): string {
  const id = printable(job_id);
  if (requested !== null)
    return `${id} is ${status}: its holder is asked to ${printable(requested)} it`;
  // A resumed job keeps the status of its stop until a worker has it.
  return action === 'resume' ? `${id} can be claimed (${status})` : `${id} is ${status}`;
}
