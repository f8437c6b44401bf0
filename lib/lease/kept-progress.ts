import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { addedMemberOf, withAddedMember } from '../checkpoint/owned.ts';
import { hasSheet, nextSheet } from '../checkpoint/progress.ts';
import { attemptOf } from '../checkpoint/sheet-attempt.ts';
import { sheetOf } from '../checkpoint/transitions.ts';
import { parseExactly } from '../json/parser.ts';
import { isObject, type JsonValue } from '../json/value.ts';
import { entriesOf } from '../schema/dictionary.ts';
import { Integer } from '../schema/integer.ts';
import { Time } from '../schema/timestamp.ts';
import type { Lease } from './lease.ts';
import { millisBetween } from './rules.ts';

/*
 * The last progress of a sheet that was not completed. While a job is leased it is in the lease object. The change that
 * ends the lease moves it into the state, for the next attempt at the sheet, and the completion of the sheet removes it.
 */

const MEMBER = 'progress';

/** The last progress that a holder reported of a sheet. `attempt` is the sheet's `attempt_count` when the lease ended. */
const KeptProgress = z.object({
  sheet: Integer,
  attempt: Integer,
  progress: z.custom<JsonValue>(value => value !== undefined),
  at: Time,
});
export type KeptProgress = z.infer<typeof KeptProgress>;

/** Null if the state has none. Another program may have written any value there, which counts as none. */
export function keptProgressOf(state: CheckpointState): KeptProgress | null {
  const value = addedMemberOf(state, MEMBER);
  if (!isObject(value)) return null;
  const parsed = KeptProgress.safeParse(Object.fromEntries(entriesOf<JsonValue>(value)));
  return parsed.success ? parsed.data : null;
}

/** The kept progress as a part of the added value. */
export function keptProgressEntry(state: CheckpointState): { readonly progress?: KeptProgress } {
  const kept = keptProgressOf(state);
  return kept === null ? {} : { [MEMBER]: kept };
}

/**
 * The state after the end of this lease, with the progress that its holder reported last. A heartbeat that does not say
 * of which sheet its progress is counts for the sheet that runs, if that was started before it.
 */
export function keepProgress(state: CheckpointState, lease: Lease | null): CheckpointState {
  if (lease === null || lease.progress_at === null) return state;
  const { progress, progress_at: at } = lease;
  const sheet = lease.progress_sheet ?? sheetAt(state, at);
  if (sheet === null || !hasSheet(state, sheet) || isDone(state, sheet)) return state;
  if (progress === null) {
    const kept = keptProgressOf(state);
    return kept?.sheet === sheet ? withKeptProgress(state, null) : state;
  }
  return withKeptProgress(state, {
    sheet,
    attempt: attemptOf(state, sheet),
    progress: exactValue(progress),
    at,
  });
}

/** The state without the progress of a sheet that is completed or skipped. */
export function withoutDoneProgress(state: CheckpointState): CheckpointState {
  const kept = keptProgressOf(state);
  return kept === null || !isDone(state, kept.sheet) ? state : withKeptProgress(state, null);
}

function withKeptProgress(state: CheckpointState, kept: KeptProgress | null): CheckpointState {
  return withAddedMember(state, MEMBER, kept === null ? undefined : { ...kept });
}

/** The sheet that ran at this time, or that has failed and is next. */
function sheetAt(state: CheckpointState, at: Timestamp): Integer | null {
  const next = nextSheet(state);
  const startedAt = next === null ? null : sheetOf(state, next).started_at;
  if (startedAt === null) return null;
  // A start of the same millisecond may have a later time: each change of a job has.
  return millisBetween(startedAt, at) > -1 ? next : null;
}

function isDone(state: CheckpointState, sheet: Integer): boolean {
  const { status } = sheetOf(state, sheet);
  return status === 'completed' || status === 'skipped';
}

/** A lease has its progress as plain JSON, which a state does not take: its numbers have their own texts. */
function exactValue(progress: unknown): JsonValue {
  return parseExactly(JSON.stringify(progress), { nonFinite: false });
}
