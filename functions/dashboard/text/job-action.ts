import { FINISHED } from './status.ts';

export type JobAction = 'pause' | 'resume' | 'cancel' | 'fail' | 'complete' | 'delete';

export const ACTIONS: readonly JobAction[] = [
  'pause',
  'resume',
  'complete',
  'fail',
  'cancel',
  'delete',
];

/** What is known of a job when an action on it is offered. */
export interface ActionSubject {
  /** Null for a file that is no state. */
  readonly status: string | null;
  /** The holder of a lease that is not over; null where nobody has the job. */
  readonly holder: string | null;
  /** What an operator has requested of the holder; null for nothing. */
  readonly requested: string | null;
}

/** The actions that can do something to the job as it is. */
export function actionsFor({ status, holder, requested }: ActionSubject): readonly JobAction[] {
  if (status === null) return ['delete'];
  return ACTIONS.filter(action => {
    switch (action) {
      case 'pause':
        return !FINISHED.includes(status) && requested === null;
      case 'resume':
        return (
          requested !== null || (holder === null && !['completed', 'pending'].includes(status))
        );
      case 'complete':
      case 'cancel':
      case 'fail':
        return !FINISHED.includes(status);
      case 'delete':
        return true;
      default:
        return action satisfies never;
    }
  });
}

/** Whether the job goes away or ends for good. Such an action gets a button in red. */
export function isDestructive(action: JobAction): boolean {
  return action === 'delete' || action === 'cancel' || action === 'fail';
}

/** Whether a held job refuses the action without force, instead of passing it to the holder. */
export function needsForce(action: JobAction, { holder }: ActionSubject): boolean {
  return holder !== null && isRefusedWhileHeld(action);
}

/** Whether force makes a difference. */
export function takesForce(action: JobAction, { holder }: ActionSubject): boolean {
  return holder !== null && action !== 'resume';
}

const EFFECTS: Readonly<Record<JobAction, string>> = {
  pause: 'The job is paused. No claim takes it until somebody resumes it.',
  resume:
    'The job can be claimed again. It continues after its last completed sheet, at the end of the queue.',
  complete: 'The job ends as completed. Sheets that have not run become skipped.',
  fail: 'The job ends as failed. A resume can bring it back.',
  cancel: 'The job ends as cancelled. A resume can bring it back.',
  delete:
    'The state of the job is removed from the store, with its history. This cannot be undone.',
};

/** What the action will do to this job, in sentences. */
export function effectOf(action: JobAction, subject: ActionSubject, force: boolean): string {
  const { holder, requested } = subject;
  if (action === 'resume' && requested !== null && holder !== null)
    return `The request to ${requested} is taken back. "${holder}" continues the job.`;
  if (holder === null) return EFFECTS[action];
  if (force)
    return `The job is taken from "${holder}" at once. What it still writes is refused, and work since its last completed sheet is lost. ${EFFECTS[action]}`;
  if (needsForce(action, subject))
    return `"${holder}" has the job. The service refuses this while the lease holds, unless it is forced.`;
  return `"${holder}" gets the request with its next heartbeat, and finishes the sheet that it runs. Then: ${EFFECTS[action]}`;
}

/** What the action will do to many jobs. */
export function bulkEffectOf(action: JobAction, force: boolean): string {
  const held = force
    ? 'Jobs that are held are taken from their holders at once.'
    : isRefusedWhileHeld(action)
      ? 'Jobs that are held are left as they are.'
      : action === 'resume'
        ? 'Where a holder has been asked to stop, that is taken back.'
        : 'Holders get the request with their next heartbeat.';
  return `${EFFECTS[action].replaceAll('The job', 'Each job').replace('the job', 'each job')} ${held} Jobs to which it does not apply are skipped, and counted.`;
}

/** The action as the word of a button. */
export function actionWord(action: JobAction): string {
  return action.charAt(0).toUpperCase() + action.slice(1);
}

function isRefusedWhileHeld(action: JobAction): boolean {
  return action === 'delete' || action === 'complete';
}
