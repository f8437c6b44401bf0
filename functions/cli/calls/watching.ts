import type { LiveJob } from '../../../lib/client/answers.ts';
import type { ListQuery } from '../../../lib/client/query.ts';
import type { JobState, WhyAnswer } from '../../../lib/worker/client/job.ts';
import { DalsegnoError, NoAnswerError } from '../../../lib/worker/client/problem.ts';
import { pause } from '../../../lib/worker/client/timing.ts';
import { EXIT, type ExitCode } from '../terminal/exit-code.ts';
import { createLiveLines } from '../terminal/live-lines.ts';
import { printable } from '../terminal/printable.ts';
import { type Session, shown } from './command.ts';
import { reportOf } from './failure.ts';
import { jobTable } from './job-table.ts';
import { elementTexts, inOneLine } from './json-rows.ts';
import { whyLines } from './why-text.ts';

const DEFAULT_SECONDS = 5;

/** What one look has found. */
interface Look {
  /** On a terminal: all lines. */
  readonly screen: readonly string[];
  /** Elsewhere: those that are new. */
  readonly news: readonly string[];
  /** With `--json`: the rows that are new. */
  readonly json: readonly string[];
  /** Not null where there is nothing more to wait for. */
  readonly exitCode: ExitCode | null;
}

/** Follows the jobs of a query until Ctrl-C. Asks for the list with its ETag, so that an unchanged one costs little. */
export async function watchJobs(
  session: Session,
  query: ListQuery,
  interval: number | undefined,
): Promise<ExitCode> {
  const { client, colours, io } = session;
  const live = { ...query, view: 'live' } as const;
  let version: string | null = null;
  let jobs: readonly LiveJob[] = [];
  let known = new Map<string, string>();
  let aheadMs = 0;

  async function look(): Promise<Look> {
    const page = await client.pageIfChanged(live, version);
    const news: LiveJob[] = [];
    const json: string[] = [];
    if (page !== null) {
      ({ version } = page);
      ({ jobs } = page.value);
      aheadMs =
        (Date.parse(page.value.server_time ?? '') || io.timing.wallMs()) - io.timing.wallMs();
      const texts = elementTexts(page.text, 'jobs');
      for (const [index, job] of jobs.entries()) {
        if (known.get(job.job_id) === lineOf(job)) continue;
        news.push(job);
        json.push(inOneLine(texts[index] ?? ''));
      }
      known = new Map(jobs.map(job => [job.job_id, lineOf(job)]));
    }
    const nowMs = io.timing.wallMs() + aheadMs;
    const options = { colours, columns: io.stdout.columns, nowMs };
    const head = `${jobs.length} jobs, ${timeText(nowMs)}`;
    return {
      screen: [colours.dim(head), ...jobTable(jobs, options)],
      news: news.map(job => `${timeText(nowMs)} ${lineOf(job)}`),
      json,
      exitCode: null,
    };
  }

  return follow(session, look, interval);
}

/** Follows one job until it is finished: 0 if it is completed, else 1. */
export async function watchJob(
  session: Session,
  id: string,
  interval: number | undefined,
): Promise<ExitCode> {
  const { client, colours } = session;
  let version: string | null = null;
  let state: JobState | null = null;
  let last = '';

  async function look(): Promise<Look> {
    const [job, why] = await Promise.all([client.loadIfChanged(id, version), client.why(id)]);
    if (job !== null) ({ version, value: state } = job);
    const line = jobLine(why.value, state);
    const isNew = line !== last;
    last = line;
    const nowMs = Date.parse(String(why.value['server_time']));
    return {
      screen: [...whyLines(why.value, colours), colours.dim(timeText(nowMs))],
      news: isNew ? [`${timeText(nowMs)} ${line}`] : [],
      json: isNew ? [inOneLine(why.text)] : [],
      exitCode: why.value.standing === 'finished' ? codeOf(why.value) : null,
    };
  }

  return follow(session, look, interval);
}

function codeOf({ status }: WhyAnswer): ExitCode {
  return status === 'completed' ? EXIT.ok : EXIT.failure;
}

/** Looks again and again, and shows what it finds. A service that does not answer is waited for. */
async function follow(
  session: Session,
  look: () => Promise<Look>,
  interval: number | undefined,
): Promise<ExitCode> {
  const { io, isJson, print, printJson } = session;
  const isScreen = io.stdout.isTerminal && !isJson;
  const screen = createLiveLines(io.stdout);
  const showCursor = (): void => screen.end();
  io.signal.addEventListener('abort', showCursor, { once: true });
  let isLost = false;
  try {
    const waitMs = (interval ?? (await secondsOf(session))) * 1000;
    while (!io.signal.aborted && !io.stdout.isClosed) {
      try {
        const found = await look();
        isLost = false;
        if (isScreen) await screen.draw(found.screen);
        else if (isJson) for (const row of found.json) await printJson(row);
        else if (found.news.length > 0) await print(...found.news);
        if (found.exitCode !== null) return found.exitCode;
      } catch (error) {
        if (!isPassing(error)) throw error;
        const message = printable(reportOf(error, session)?.message ?? '');
        if (isScreen) await screen.draw([message, 'Trying again…']);
        else if (!isLost) await io.stderr.write(`${message}\n`);
        isLost = true;
      }
      await pause(io.timing, waitMs, io.signal);
    }
    return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
  } finally {
    io.signal.removeEventListener('abort', showCursor);
    screen.end();
  }
}

/** Whether the service may answer again: it does not answer, or its store fails. */
function isPassing(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  return error instanceof DalsegnoError && (error.status >= 502 || error.status === 429);
}

/** How often the service wants to be asked, in seconds. */
async function secondsOf({ client }: Session): Promise<number> {
  try {
    return (await client.stats()).value.poll_seconds;
  } catch (error) {
    if (error instanceof DalsegnoError || error instanceof NoAnswerError) return DEFAULT_SECONDS;
    throw error;
  }
}

function lineOf(job: LiveJob): string {
  const { job_id, status, standing, progress, holder } = job;
  const sheets = `${progress[0]}/${progress[1]}`;
  return printable(`${job_id} ${status} ${standing} ${sheets} ${shown(holder)}`);
}

function jobLine(why: WhyAnswer, state: JobState | null): string {
  const { job_id, status, standing, holder, summary } = why;
  const last = state === null ? '' : ` ${state.last_completed_sheet}/${state.total_sheets}`;
  return printable(`${job_id} ${status} ${standing}${last} ${shown(holder)}: ${summary}`);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
