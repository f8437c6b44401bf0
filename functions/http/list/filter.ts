import * as z from 'zod';
import { JobStatus } from '../../../lib/checkpoint/status.ts';
import { STANDINGS } from '../../../lib/lease/standing.ts';
import { Time } from '../../../lib/schema/timestamp.ts';
import type { JobFilter } from '../../../lib/storage/job-filter.ts';

/** Names may be longer than lists show them, and what is longer is cut for the comparison. */
const MAX_NAME_CHARACTERS = 10_000;
const MAX_QUERY_CHARACTERS = 200;
const MAX_CHOICES = 50;

/** One value, several, or several in one text with commas. */
const Choices = z
  .union([z.string(), z.array(z.string()).max(MAX_CHOICES)], 'Expected a word or a list of words')
  .transform(words => [words].flat().flatMap(word => word.split(',')));

/** A date, or a date and a time. `Time` alone would also take a number of seconds. */
const Instant = z
  .unknown()
  .refine(
    sent => typeof sent === 'string' && /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ]|$)/.test(sent),
    'Expected a date or an ISO 8601 time',
  )
  .pipe(Time);

/** The parts of a filter of jobs, in the query of a list and in the body of a bulk action. Each may be left out. */
export const FilterFields = {
  /** A part of the id or of the name. Empty is none. */
  q: z.string().max(MAX_QUERY_CHARACTERS).optional(),
  job_name: z.string().max(MAX_NAME_CHARACTERS).optional(),
  holder: z.string().max(MAX_NAME_CHARACTERS).optional(),
  status: Choices.pipe(z.array(JobStatus)).optional(),
  standing: Choices.pipe(z.array(z.enum(STANDINGS))).optional(),
  updated_before: Instant.optional(),
};

const Fields = z.object(FilterFields);

/** The filter of parsed fields. `prefix` is that of the access token. */
export function filterOf(fields: z.infer<typeof Fields>, prefix: string): JobFilter {
  return {
    query: fields.q ?? null,
    jobName: fields.job_name ?? null,
    holder: fields.holder ?? null,
    statuses: fields.status ?? [],
    standings: fields.standing ?? [],
    updatedBefore: fields.updated_before ?? null,
    prefix,
  };
}

/** Whether a filter without a prefix takes all jobs. */
export function isEmptyFilter(filter: JobFilter): boolean {
  const { query, jobName, holder, statuses, standings, updatedBefore } = filter;
  const hasWords = (statuses?.length ?? 0) > 0 || (standings?.length ?? 0) > 0;
  const isNamed = (jobName ?? null) !== null || (holder ?? null) !== null;
  return !hasWords && !isNamed && (query ?? '') === '' && (updatedBefore ?? null) === null;
}
