import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { GrantAnswer, HeartbeatsAnswer } from '../../../lib/worker/client/grant.ts';
import { JobState, UpdatesAnswer, WhyAnswer } from '../../../lib/worker/client/job.ts';
import { Problem } from '../../../lib/worker/client/problem.ts';
import { SheetResult } from '../../../lib/worker/client/sheet-update.ts';
import type { Shape } from '../../../lib/worker/shape/shape.ts';
import { FailedSheet } from '../../../lib/worker/sheet-retries.ts';
import { cases } from '../../support/effort.ts';
import { zodSchemas } from './zod-schemas.ts';

const AT = '2026-01-01T00:00:00.000Z';
const SHEET = {
  sheet_num: 1,
  status: 'completed',
  attempt_count: 2,
  stdout_tail: 'x',
  stderr_tail: null,
};
const STATE = {
  job_id: 'etl-1',
  job_name: 'Import',
  status: 'running',
  total_sheets: 3,
  last_completed_sheet: 1,
  error_message: null,
  sheets: { 1: SHEET, 2: { ...SHEET, sheet_num: 2, status: 'pending' } },
  dalsegno: { epoch: 3, lease: null },
};
const LEASE = {
  job_id: 'etl-1',
  lease_id: 'l-1',
  epoch: 3,
  holder: 'w-1',
  ttl_seconds: 60,
  acquired_at: AT,
  renewed_at: AT,
  expires_at: AT,
  renewals: 0,
  progress: null,
  requested: null,
};
const RENEWAL = { lease: LEASE, requested: 'pause', expires_at: AT, renew_after_ms: 20_000 };
const UPDATE = {
  ok: true,
  job_id: 'etl-1',
  status: 'running',
  sheet: 2,
  next_sheet: null,
  progress: [2, 3],
  attempt: 1,
  stale_attempt: false,
  started: { sheet: 3, attempt: 1 },
};
const REFUSAL = { ok: false, status: 409, code: 'lease_lost', detail: 'It is over' };

/** Each shape with a value that it accepts. */
const CASES: Readonly<Record<keyof typeof zodSchemas, { shape: Shape<unknown>; sample: object }>> =
  {
    FailedSheet: {
      shape: FailedSheet,
      sample: { max_retries: 4, error_history: [{ timestamp: AT, error_type: 'transient' }] },
    },
    GrantAnswer: {
      shape: GrantAnswer,
      sample: {
        lease: LEASE,
        token: 't',
        next_sheet: 2,
        state: STATE,
        started: { sheet: 2, attempt: 1 },
        last_progress: { sheet: 2, attempt: 1, progress: { row: 7 }, at: AT },
        waited_ms: 0,
        server_time: AT,
        expires_at: AT,
        renew_after_ms: 20_000,
      },
    },
    HeartbeatsAnswer: {
      shape: HeartbeatsAnswer,
      sample: { beats: [{ ok: true, ...RENEWAL }, REFUSAL], server_time: AT },
    },
    JobState: { shape: JobState, sample: STATE },
    Problem: {
      shape: Problem,
      sample: {
        type: 'urn:dalsegno:problem:lease_lost',
        title: 'Lost',
        status: 409,
        code: 'lease_lost',
        detail: 'It is over',
        request_id: 'r-1',
      },
    },
    SheetResult: {
      shape: SheetResult,
      sample: {
        stdout: 'x',
        stderr: null,
        validation_passed: true,
        validation_details: [1, null],
        execution_duration_seconds: 0.5,
      },
    },
    UpdatesAnswer: { shape: UpdatesAnswer, sample: { updates: [UPDATE, REFUSAL] } },
    WhyAnswer: {
      shape: WhyAnswer,
      sample: {
        job_id: 'etl-1',
        status: null,
        standing: 'waiting',
        holder: null,
        epoch: 0,
        summary: 'It waits',
        evidence: ['a', 'b'],
      },
    },
  };

interface Change {
  readonly places: readonly number[];
  readonly kind: 'set' | 'remove' | 'add';
  readonly value: unknown;
}

/** Values that are like those which are accepted or refused at a limit. */
const telling = fc.constantFrom(
  null,
  undefined,
  true,
  false,
  0,
  -0,
  1,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  '',
  AT,
  'lease_lost',
  'pause',
  [],
  {},
  [1],
  [1, 2],
  [1, 2, 3],
);
const change: fc.Arbitrary<Change> = fc.record({
  places: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 4 }),
  kind: fc.constantFrom('set', 'remove', 'add'),
  value: fc.oneof(telling, fc.jsonValue()),
});

/** The value with one place somewhere below it changed. */
function changed(value: unknown, { places: [place = 0, ...rest], kind, value: next }: Change) {
  if (typeof value !== 'object' || value === null) return next;
  const entries = Object.entries(value);
  const index = entries.length === 0 ? 0 : place % entries.length;
  const [name = '', own] = entries[index] ?? [];
  if (rest.length > 0) entries[index] = [name, changed(own, { places: rest, kind, value: next })];
  else if (kind === 'add') entries.push([`more_${place}`, next]);
  else entries.splice(index, 1, ...(kind === 'set' ? [[name, next] as [string, unknown]] : []));
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

/** What is accepted, or the path of what is wrong. */
function ourVerdict(shape: Shape<unknown>, value: unknown) {
  const read = shape.safeParse(value);
  return read.success ? { data: read.data, path: null } : { data: null, path: read.error.path };
}

/** What is accepted, or the paths of all that is wrong. */
function verdictOfZod(schema: z.ZodType, value: unknown) {
  const { success, data, error } = schema.safeParse(value);
  if (success) return { data, paths: [null] };
  return { data: null, paths: error.issues.map(({ path }) => path.map(String)) };
}

const NAMES = Object.keys(CASES) as (keyof typeof CASES)[];

describe.each(NAMES)('%s', name => {
  const { shape, sample } = CASES[name];
  const schema = zodSchemas[name];

  it('accepts its sample, as zod does', () => {
    expect(schema.parse(sample)).toEqual(sample);
    expect(shape.safeParse(sample)).toEqual({ success: true, data: sample });
  });

  it('agrees with zod about samples with up to three changes: on the data, or on a path that is wrong', () => {
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(changes, all => {
        const value = all.reduce<unknown>(changed, sample);
        const { data, path } = ourVerdict(shape, value);
        const { data: expected, paths } = verdictOfZod(schema, value);
        expect(data).toStrictEqual(expected);
        expect(paths).toContainEqual(path);
      }),
      { numRuns: cases(80) },
    );
  });

  it('agrees with zod about any value', () => {
    const any = fc.oneof(fc.anything(), fc.jsonValue());
    fc.assert(
      fc.property(any, value => {
        expect(shape.safeParse(value).success).toBe(schema.safeParse(value).success);
      }),
      { numRuns: cases(40) },
    );
  });
});
