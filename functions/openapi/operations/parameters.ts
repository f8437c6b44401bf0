import type * as z from 'zod';
import { DEFAULT_SWEEP_LIMIT, MAX_SWEEP_LIMIT } from '../../../lib/sweep/sweeper.ts';
import { DEFAULT_LIMIT, ListQuery, MAX_LIMIT } from '../../http/list/query.ts';
import { MAX_LIST_KEYS } from '../../routes/operations.ts';
import { type JsonSchema, jsonSchemaOf } from '../schemas/json-schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
  readonly example?: unknown;
  /** How often it may be given. By default a list is given by commas or repeated. */
  readonly style?: 'form';
  readonly explode?: boolean;
}

const text: JsonSchema = { type: 'string' };
const TAGS = 'One or several entity tags, each in double quotes, as they come with `ETag`; or `*`';

/** What the service accepts in one parameter of a query. */
function queryPart(schema: z.core.$ZodType): JsonSchema {
  return jsonSchemaOf(schema, { io: 'input', hasNonFinite: false, refOf: () => null });
}

/** All parameters, by the names that they have in the document. */
export const PARAMETERS = {
  JobId: {
    name: 'id',
    in: 'path',
    description: 'The id of the job, percent-encoded',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 200 },
    example: 'etl-7',
  },
  Sheet: {
    name: 'n',
    in: 'path',
    description: 'The number of the sheet, from 1',
    required: true,
    schema: { type: 'integer', minimum: 1 },
    example: 1,
  },
  StreamId: {
    name: 'id',
    in: 'path',
    description: 'The id of the stream, from its first event',
    required: true,
    schema: text,
    example: '0f8fad5bd9cb469fa16570867728950e',
  },
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'An id for the log, which the answer repeats',
    schema: text,
  },
  LeaseToken: {
    name: 'Lease-Token',
    in: 'header',
    description: 'The token of the lease. A held job is written with it only',
    schema: text,
  },
  OwnLeaseToken: {
    name: 'Lease-Token',
    in: 'header',
    description: 'The token of the lease',
    required: true,
    schema: text,
  },
  IfMatch: { name: 'If-Match', in: 'header', description: TAGS, schema: text },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: `${TAGS}. A current one gets the answer 304`,
    schema: text,
  },
  IfAbsent: {
    name: 'If-None-Match',
    in: 'header',
    description: '`*`: only where no job is stored',
    schema: { type: 'string', enum: ['*'] },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`return=minimal`: the answer leaves out the state (RFC 7240)',
    schema: text,
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'From at least 128 random bits. The same request with the same key gets the same answer within a day',
    schema: { type: 'string', minLength: 22, maxLength: 202 },
  },
  IdempotencyAttempt: {
    name: 'Idempotency-Attempt',
    in: 'header',
    description: '2 or more if the answer to the first try was lost',
    schema: { type: 'integer', minimum: 1, maximum: 999_999_999 },
  },
  Force: {
    name: 'force',
    in: 'query',
    description: '`true`: also where somebody holds the job, at once',
    schema: { type: 'boolean', default: false },
  },
  ListText: {
    name: 'q',
    in: 'query',
    description: 'Only jobs with this text in their id or name, whatever the case',
    schema: queryPart(ListQuery.shape.q),
  },
  ListJobName: {
    name: 'job_name',
    in: 'query',
    description: 'Only jobs of exactly this name',
    schema: queryPart(ListQuery.shape.job_name),
  },
  ListHolder: {
    name: 'holder',
    in: 'query',
    description: 'Only jobs whose lease has exactly this holder',
    schema: queryPart(ListQuery.shape.holder),
  },
  ListUpdatedBefore: {
    name: 'updated_before',
    in: 'query',
    description: 'Only jobs that were last changed before this date or time',
    schema: text,
    example: '2026-11-23T09:00:00Z',
  },
  ListOrder: {
    name: 'order',
    in: 'query',
    description: 'Which jobs come first: those that were changed last, or first',
    schema: { ...queryPart(ListQuery.shape.order), default: 'newest' },
  },
  ListStatus: {
    name: 'status',
    in: 'query',
    description: 'Only jobs with one of these statuses: by commas, or repeated',
    schema: { type: 'array', items: { $ref: '#/components/schemas/JobStatus' } },
    style: 'form',
    explode: false,
  },
  ListStanding: {
    name: 'standing',
    in: 'query',
    description: 'Only jobs that are in one of these situations: by commas, or repeated',
    schema: { type: 'array', items: { $ref: '#/components/schemas/Standing' } },
    style: 'form',
    explode: false,
  },
  ListLimit: {
    name: 'limit',
    in: 'query',
    description: 'How many jobs a page has at most',
    schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  },
  ListCursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `next_cursor` of the page before. Repeat the filter with it',
    schema: text,
  },
  ListView: {
    name: 'view',
    in: 'query',
    description: 'What the page has of each job',
    schema: { ...queryPart(ListQuery.shape.view), default: 'summary' },
  },
  SweepLimit: {
    name: 'limit',
    in: 'query',
    description: 'How many leases the pass examines at most',
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_SWEEP_LIMIT,
      default: DEFAULT_SWEEP_LIMIT,
    },
  },
  SweepCursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `cursor` of the pass before',
    schema: text,
  },
  ObjectPrefix: {
    name: 'prefix',
    in: 'query',
    description:
      'What the keys begin with: one of the folders `jobs/`, `leases/`, `ready/`, `lapses/` and `copied/`, and the start of a name',
    required: true,
    schema: text,
    example: 'jobs/',
  },
  ObjectAfter: {
    name: 'after',
    in: 'query',
    description: 'Only keys behind this one: the `next` of the page before',
    schema: text,
  },
  ObjectKey: {
    name: 'key',
    in: 'query',
    description: 'One of these folders, and a name',
    required: true,
    schema: text,
    example: 'jobs/etl-7.json',
  },
  ObjectLabel: {
    name: 'label',
    in: 'query',
    description: 'What lists have of the object, as `label` of the page that it is copied from',
    schema: text,
  },
  IfVersion: {
    name: 'If-Match',
    in: 'header',
    description: 'The version that is to be replaced, in double quotes',
    schema: text,
  },
  ListKeys: {
    name: 'list_keys',
    in: 'query',
    description: 'How many keys the test of lists writes; 1001 where it is left out, 5 at the edge',
    schema: { type: 'integer', minimum: 1, maximum: MAX_LIST_KEYS },
  },
} satisfies Readonly<Record<string, Parameter>>;

export type ParameterName = keyof typeof PARAMETERS;
