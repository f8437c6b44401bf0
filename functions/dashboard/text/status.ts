/** The statuses of a job, in the order of its life. */
export const STATUSES = [
  'pending',
  'running',
  'paused',
  'paused_at_chain',
  'completed',
  'failed',
  'cancelled',
] as const;

export const FINISHED: readonly string[] = ['completed', 'failed', 'cancelled'];

/** What each standing says, for those who read the word for the first time. */
export const STANDINGS: Readonly<Record<string, string>> = {
  held: 'Leased, and heartbeats arrive in time',
  stalled: 'Leased, and two heartbeats in a row did not arrive',
  ending: 'The lease has ended, and the job is about to be freed',
  zombie: 'Running under an expired lease, and nobody has taken the job yet',
  unleased: 'Running without a lease: nothing is known about the process that runs it',
  waiting: 'A claim may take it',
  resting: 'No claim takes it: it waits for a resume, or for an acquire by its id',
  finished: 'Completed, failed or cancelled',
};

/** A tone decides the colour. The word itself always stands beside it. */
export type Tone = 'run' | 'good' | 'bad' | 'warn' | 'idle' | 'odd';

const STATUS_TONES: Readonly<Record<string, Tone>> = {
  running: 'run',
  in_progress: 'run',
  dispatched: 'run',
  completed: 'good',
  failed: 'bad',
  paused: 'warn',
  paused_at_chain: 'warn',
  waiting: 'warn',
  retry_scheduled: 'warn',
  fermata: 'warn',
  cancelled: 'odd',
  skipped: 'odd',
};

/** The tone of a status of a job or a sheet. */
export function toneOfStatus(status: string): Tone {
  return STATUS_TONES[status] ?? 'idle';
}

const STANDING_TONES: Readonly<Record<string, Tone>> = {
  held: 'run',
  stalled: 'warn',
  ending: 'idle',
  zombie: 'bad',
  unleased: 'odd',
  corrupt: 'bad',
};

export function toneOfStanding(standing: string): Tone {
  return STANDING_TONES[standing] ?? 'idle';
}

/** `paused_at_chain` as people read it. */
export function wordOf(status: string): string {
  return status.replaceAll('_', ' ');
}
