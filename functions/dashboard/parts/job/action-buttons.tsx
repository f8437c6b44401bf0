import { useState } from 'preact/hooks';
import {
  type ActionSubject,
  actionsFor,
  actionWord,
  isDestructive,
  type JobAction,
} from '../../text/job-action.ts';
import { ActionDialog } from './action-dialog.tsx';

/** What an operator can do to the job as it is. */
export function ActionButtons({ jobId, subject }: { jobId: string; subject: ActionSubject }) {
  const [action, setAction] = useState<JobAction | null>(null);
  return (
    <div class="actions" role="group" aria-label="Actions">
      {actionsFor(subject).map(name => (
        <button
          key={name}
          type="button"
          class={isDestructive(name) ? 'button quiet-danger' : 'button'}
          onClick={() => setAction(name)}
        >
          {actionWord(name)}
        </button>
      ))}
      {action === null ? null : (
        <ActionDialog
          jobId={jobId}
          action={action}
          subject={subject}
          onClose={() => setAction(null)}
        />
      )}
    </div>
  );
}
