import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet, progress } from '../checkpoint/progress.ts';
import type { JobLease } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { MAX_RECOVERIES } from '../lease/recovery.ts';
import { millisBetween } from '../lease/rules.ts';
import { redactCredentials } from '../redaction/redaction.ts';
import { entryAt } from '../schema/dictionary.ts';
import { integerText } from '../schema/integer.ts';
import type { FalseAlarms } from '../storage/false-alarms.ts';

/* The known facts about a job, in sentences. */

export function leaseEvidence(lease: Lease, now: Timestamp): string[] {
  const { holder, epoch, renewals, progress: reported } = lease;
  const isExpired = millisBetween(lease.expires_at, now) >= 0;
  const expires = isExpired
    ? `expired ${ago(lease.expires_at, now)}`
    : `expires ${ahead(lease.expires_at, now)}`;
  return [
    `The lease of ${quoted(holder)} (epoch ${epoch}, ttl ${lease.ttl_seconds} s) ${expires}, at ${lease.expires_at}`,
    `It was acquired at ${lease.acquired_at} and renewed ${times(renewals)}, last ${ago(lease.renewed_at, now)}`,
    ...lateEvidence(lease),
    ...(reported === null ? [] : [`The holder reports progress: ${JSON.stringify(reported)}`]),
  ];
}

function lateEvidence({ late_renewals: count, worst_late_seconds: late }: Lease): string[] {
  if (count === 0) return [];
  return [`Renewed after its expiry ${times(count)}, at most ${seconds(late * 1000)} late`];
}

export function requestEvidence({ requested, request_message: message }: Lease): string {
  return `An operator has asked the holder to ${requested}${message === null ? '' : `: ${quoted(message)}`}`;
}

export function sheetEvidence(state: CheckpointState): string {
  const [completed, total] = progress(state);
  return `${completed} of ${integerText(total)} sheets are completed, ${nextEvidence(state)}`;
}

function nextEvidence(state: CheckpointState): string {
  const next = nextSheet(state);
  if (next === null) return 'no sheet is next';
  const sheet = entryAt(state.sheets, integerText(next));
  const isStarted = sheet?.status === 'in_progress' && sheet.started_at !== null;
  return isStarted
    ? `sheet ${integerText(next)} was started at ${sheet.started_at}`
    : `sheet ${integerText(next)} is next`;
}

export function messageEvidence({ error_message: message }: CheckpointState): string[] {
  return message === null ? [] : [`The job's error message: ${redactCredentials(message)}`];
}

export function recoveryEvidence({
  recoveries,
  epoch,
}: Pick<JobLease, 'recoveries' | 'epoch'>): string[] {
  if (recoveries === 0) return [];
  return [
    `Recovered ${times(recoveries)} since a sheet was last completed; ${MAX_RECOVERIES} recoveries fail the job (epoch ${epoch})`,
  ];
}

export function delayEvidence({ delay }: JobLease, until: Timestamp | null): string[] {
  if (delay === null || until === null) return [];
  const count = times(delay.unused_grants);
  return [
    `${capitalize(count)} in a row a lease was granted and not used: no heartbeat and no write came before it expired`,
  ];
}

export function falseAlarmEvidence(alarms: FalseAlarms | null): string[] {
  if (alarms === null) return [];
  const { false_alarms: count, worst_late_seconds: late, suggested_ttl_seconds: ttl } = alarms;
  return [
    `${capitalize(times(count))} a holder came back after its lease had expired, at most ${seconds(late * 1000)} late: ` +
      `it was busy and not dead. A ttl of ${ttl} s would have been long enough`,
  ];
}

/* Durations, counts and names as parts of sentences. */

export function ago(from: Timestamp, now: Timestamp): string {
  return `${seconds(millisBetween(from, now))} ago`;
}

export function ahead(to: Timestamp, now: Timestamp): string {
  return `in ${seconds(millisBetween(now, to))}`;
}

export function seconds(milliseconds: number): string {
  return `${Math.round(Math.max(0, milliseconds) / 100) / 10} s`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Explains the situation of a job, in sentences for an operator. */
export interface Explanation {
  /** One sentence. */
  readonly summary: string;
  /** The known facts. */
  readonly evidence: readonly string[];
  /** When this situation began; null if it is not known. */
  readonly since: Timestamp | null;
  /** What happens next without an action by an operator. */
  readonly next: string;
  /** Actions that do no harm now. */
  readonly safe: readonly string[];
}
