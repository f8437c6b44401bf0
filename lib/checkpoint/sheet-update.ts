import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import { redactedValue } from '../redaction/redacted-value.ts';
import { redactCredentials } from '../redaction/redaction.ts';
import { Bool } from '../schema/boolean.ts';
import { Float } from '../schema/float.ts';
import { freeForm } from '../schema/free-form.ts';
import { compareIntegers, Integer, integerFrom } from '../schema/integer.ts';
import { listOf } from '../schema/list.ts';
import { addCheck, IRREGULAR, isRecord } from '../schema/regular.ts';
import type { CheckpointState } from './checkpoint.ts';
import { captureTail, type OutputTail } from './output-tail.ts';
import { validationDetail } from './sheet-records.ts';
import { ErrorCategory, ErrorType, ExitReason } from './status.ts';
import {
  addErrorToHistory,
  captureOutput,
  completeSheet,
  failSheet,
  sheetOf,
  skipSheet,
  startSheet,
} from './transitions.ts';

const NO_OUTPUT: OutputTail = { tail: null, truncated: false };

/** The message that the reference records for a failed sheet without one. */
const UNKNOWN_ERROR = 'Unknown error';

/** A message may come from a program's output, so it may contain the same credentials. */
const Text = z.string().transform(redactCredentials).nullable().default(null);

/**
 * The output of the execution, of which only the tail is stored, with credentials redacted. To find them takes most of
 * the time of an update with a long output, so it is done once, here, and not in a decision that may run several times.
 */
const Stream = z
  .string()
  .transform(text => captureTail(text))
  .nullable()
  .default(null);
const output = { stdout: Stream, stderr: Stream };

/**
 * The attempt of the sheet that the caller runs, or starts with `in_progress`, as a value of
 * `attempt_count`. It is not stored.
 */
const attempted = { attempt: integerFrom(1).optional() };

/** The number of a sheet in a body, as far as a path can name it. */
export const SheetNum = integerFrom(1).transform((sheet, context) => {
  if (typeof sheet === 'number') return sheet;
  context.addIssue(`A sheet number is an integer from 1 to ${Number.MAX_SAFE_INTEGER}`);
  return z.NEVER;
});

/** The sheet that a completion also starts: the one with this number, or the next one. */
const starts = { start: SheetNum.optional(), start_next: Bool.optional() };

const withoutStart = z.undefined('Only an update to completed starts another sheet').optional();
const startsNone = { start: withoutStart, start_next: withoutStart };

const Started = z.strictObject({
  status: z.literal('in_progress'),
  ...attempted,
  ...startsNone,
  // The reference has one call for all transitions. It accepts a message and uses it only for failures.
  error_message: Text,
});

const Completed = z
  .strictObject({
    status: z.literal('completed'),
    ...attempted,
    ...starts,
    error_message: Text,
    validation_passed: Bool.default(true),
    validation_details: z
      .unknown()
      .transform(redactedValue)
      .pipe(listOf(validationDetail(freeForm('exact'))).nullable())
      .default(null),
    execution_duration_seconds: Float.nullable().default(null),
    ...output,
  })
  .refine(({ start, start_next }) => start === undefined || start_next !== true, {
    path: ['start_next'],
    error: 'Send start or start_next, not both',
  });

const Failed = z.strictObject({
  status: z.literal('failed'),
  ...attempted,
  ...startsNone,
  error_message: Text,
  error_category: ErrorCategory.nullable().default(null),
  error_code: Text,
  /** If present, the error is added to the sheet's history. */
  error_type: ErrorType.nullable().default(null),
  exit_code: Integer.nullable().default(null),
  exit_signal: Integer.nullable().default(null),
  exit_reason: ExitReason.nullable().default(null),
  execution_duration_seconds: Float.nullable().default(null),
  ...output,
});

const Skipped = z.strictObject({
  status: z.literal('skipped'),
  ...attempted,
  ...startsNone,
  error_message: Text,
  reason: Text,
});

/** A transition of one sheet, with the optional arguments of the reference's `mark_sheet_*`. */
export const SheetUpdate = z.discriminatedUnion('status', [Started, Completed, Failed, Skipped]);
export type SheetUpdate = z.infer<typeof SheetUpdate>;
addCheck(SheetUpdate, { check: regularUpdate, exact: true });

/** The state after the transition of the sheet itself. Another sheet that the update starts is not started here. */
export function applyUpdate(
  state: CheckpointState,
  sheetNum: number,
  update: SheetUpdate,
  now: Timestamp,
): CheckpointState {
  switch (update.status) {
    case 'in_progress':
      return startSheet(state, sheetNum, now);
    case 'completed': {
      const completion = {
        validationPassed: update.validation_passed,
        validationDetails: update.validation_details,
        executionDurationSeconds: update.execution_duration_seconds,
      };
      return withOutput(completeSheet(state, sheetNum, completion, now), sheetNum, update);
    }
    case 'failed':
      return applyFailure(state, sheetNum, update, now);
    case 'skipped':
      return skipSheet(state, sheetNum, update.reason ?? update.error_message, now);
    default:
      return unreachable(update);
  }
}

function applyFailure(
  state: CheckpointState,
  sheetNum: number,
  update: z.infer<typeof Failed>,
  now: Timestamp,
): CheckpointState {
  const errorMessage =
    update.error_message === '' ? UNKNOWN_ERROR : (update.error_message ?? UNKNOWN_ERROR);
  const failure = {
    errorMessage,
    errorCategory: update.error_category,
    errorCode: update.error_code,
    exitCode: update.exit_code,
    exitSignal: update.exit_signal,
    exitReason: update.exit_reason,
    executionDurationSeconds: update.execution_duration_seconds,
  };
  const failed = withOutput(failSheet(state, sheetNum, failure, now), sheetNum, update);
  if (update.error_type === null) return failed;
  const sheet = sheetOf(failed, sheetNum);
  return addErrorToHistory(failed, sheetNum, {
    timestamp: now,
    error_type: update.error_type,
    error_code: update.error_code ?? '',
    error_message: errorMessage,
    // A sheet may fail before it starts, but records count attempts from 1.
    attempt_number: compareIntegers(sheet.attempt_count, 1) < 0 ? 1 : sheet.attempt_count,
    context: {},
    stdout_tail: update.stdout === null ? null : sheet.stdout_tail,
    stderr_tail: update.stderr === null ? null : sheet.stderr_tail,
    stack_trace: null,
  });
}

function withOutput(
  state: CheckpointState,
  sheetNum: number,
  { stdout, stderr }: { readonly stdout: OutputTail | null; readonly stderr: OutputTail | null },
): CheckpointState {
  if (stdout === null && stderr === null) return state;
  return captureOutput(state, sheetNum, {
    stdout: stdout ?? NO_OUTPUT,
    stderr: stderr ?? NO_OUTPUT,
  });
}

const MEMBERS_OF_START = new Set(['status', 'error_message']);
const MEMBERS_OF_COMPLETION = new Set([
  ...MEMBERS_OF_START,
  'start_next',
  'validation_passed',
  'stdout',
  'stderr',
]);

/**
 * What `SheetUpdate` makes of the updates that come most often, without the schema, which takes several times as long.
 * `IRREGULAR` for all others.
 */
function regularUpdate(value: unknown): SheetUpdate | typeof IRREGULAR {
  if (!isRecord(value)) return IRREGULAR;
  const { status } = value;
  if (status !== 'completed' && status !== 'in_progress') return IRREGULAR;
  const members = status === 'completed' ? MEMBERS_OF_COMPLETION : MEMBERS_OF_START;
  for (const name in value) if (!members.has(name)) return IRREGULAR;
  const { error_message: message = null } = value;
  if (message !== null && typeof message !== 'string') return IRREGULAR;
  const error_message = message === null ? null : redactCredentials(message);
  return status === 'in_progress' ? { status, error_message } : completionIn(value, error_message);
}

function completionIn(
  value: { readonly [name: string]: unknown },
  error_message: string | null,
): SheetUpdate | typeof IRREGULAR {
  const { start_next, validation_passed = true } = value;
  if (start_next !== undefined && typeof start_next !== 'boolean') return IRREGULAR;
  if (typeof validation_passed !== 'boolean') return IRREGULAR;
  const stdout = outputIn(value['stdout']);
  const stderr = outputIn(value['stderr']);
  if (stdout === IRREGULAR || stderr === IRREGULAR) return IRREGULAR;
  return {
    status: 'completed',
    ...(start_next === undefined ? {} : { start_next }),
    error_message,
    validation_passed,
    validation_details: null,
    execution_duration_seconds: null,
    stdout,
    stderr,
  };
}

function outputIn(value: unknown): OutputTail | null | typeof IRREGULAR {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? captureTail(value) : IRREGULAR;
}
