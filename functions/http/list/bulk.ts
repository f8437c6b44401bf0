import * as z from 'zod';
import { BULK_ACTIONS } from '../../../lib/service/bulk.ts';
import { ControlBody, WholeNumber } from '../lease-request.ts';
import { FilterFields } from './filter.ts';

const MAX_JOBS = 1000;
const DEFAULT_JOBS = 100;
const RANGE = `Expected 1 to ${MAX_JOBS} jobs`;

/** `all` stands alone: it takes every job, on purpose. */
const BulkFilter = z
  .strictObject({ ...FilterFields, all: z.literal(true, 'Expected true').optional() })
  .refine(
    ({ all, ...fields }) => all !== true || Object.keys(fields).length === 0,
    'With "all" there are no other members',
  );

/** The members that an action takes beside those of all actions. */
const TAKES_MESSAGE: ReadonlySet<string> = new Set(['pause', 'cancel', 'fail']);

export const BulkBody = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    filter: BulkFilter,
    dry_run: z.boolean().default(false),
    force: z.boolean().default(false),
    error_message: ControlBody.shape.error_message,
    limit: WholeNumber.pipe(
      z.int('Expected a whole number of jobs').min(1, RANGE).max(MAX_JOBS, RANGE),
    ).default(DEFAULT_JOBS),
    cursor: z.string().nullable().default(null),
  })
  .refine(({ action, error_message }) => error_message === null || TAKES_MESSAGE.has(action), {
    path: ['error_message'],
    error: 'This action takes no message',
  })
  .refine(({ action, force }) => !force || action !== 'resume', {
    path: ['force'],
    error: 'This action cannot be forced',
  });

/** A filter may have texts of some thousand bytes. */
export const BULK_BODY_BYTES = 65_536;
