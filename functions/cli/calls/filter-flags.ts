import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { Standing } from '../../../lib/client/answers.ts';
import type { JobFilter } from '../../../lib/client/query.ts';
import type { JobStatus } from '../../../lib/worker/client/job.ts';
import { readDuration } from '../terminal/duration.ts';

const STATUSES: readonly JobStatus[] = [
  'pending',
  'running',
  'completed',
  'failed',
  'paused',
  'paused_at_chain',
  'cancelled',
];
const STANDINGS: readonly Standing[] = [
  'held',
  'stalled',
  'ending',
  'zombie',
  'unleased',
  'waiting',
  'resting',
  'finished',
];

/** The words that a flag takes, for completion. */
export const FLAG_WORDS: Readonly<Record<string, readonly string[]>> = {
  '--status': STATUSES,
  '--standing': STANDINGS,
  '--order': ['newest', 'oldest'],
  '--scope': ['read', 'work', 'admin'],
};

/** The flags of a filter as commander gives them. */
export interface FilterOptions {
  readonly status?: readonly JobStatus[] | undefined;
  readonly standing?: readonly Standing[] | undefined;
  readonly q?: string | undefined;
  readonly name?: string | undefined;
  readonly holder?: string | undefined;
  readonly updatedBefore?: string | undefined;
}

/** Adds the flags that select jobs. */
export function addFilterFlags<Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts, Record<string, unknown>>,
) {
  return command
    .option(
      '--status <status>',
      `with one of these statuses: ${STATUSES.join(', ')}; several by commas or repeated`,
      (text: string, before?: readonly JobStatus[]) => words(text, STATUSES, before),
    )
    .option(
      '--standing <standing>',
      `where they stand: ${STANDINGS.join(', ')}; several by commas or repeated`,
      (text: string, before?: readonly Standing[]) => words(text, STANDINGS, before),
    )
    .option('--q <text>', 'with this text in the id or the name, in any case', textOf)
    .option('--name <name>', 'with exactly this name', textOf)
    .option('--holder <holder>', 'held by exactly this holder', textOf)
    .option(
      '--updated-before <time>',
      'not updated since: a date, an ISO 8601 time, or a duration such as 90s, 15m, 12h, 30d',
    );
}

/** An empty text is a variable that is not set. It would select more jobs than the caller means. */
function textOf(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected a text.');
}

function words<T extends string>(
  text: string,
  known: readonly T[],
  before: readonly T[] = [],
): readonly T[] {
  const given = text.split(',').map(word => {
    const found = known.find(one => one === word.trim());
    if (found === undefined) throw new InvalidArgumentError(`Expected one of ${known.join(', ')}.`);
    return found;
  });
  return [...new Set([...before, ...given])];
}

/** The filter of the flags. */
export function filterOf(options: FilterOptions, nowMs: number): JobFilter {
  const { status, standing, q, name, holder, updatedBefore } = options;
  const before = updatedBefore === undefined ? undefined : instantOf(updatedBefore, nowMs);
  return { status, standing, q, jobName: name, holder, updatedBefore: before };
}

/** The service says what is wrong with a text that is neither. */
function instantOf(text: string, nowMs: number): string {
  const ago = readDuration(text);
  return ago === null ? text : new Date(nowMs - ago).toISOString();
}

export function isEmpty(filter: JobFilter): boolean {
  return Object.values(filter).every(value => value === undefined || value.length === 0);
}
