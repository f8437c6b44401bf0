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
export function ActionButtons({
  jobId,
  subject,
  onDone,
}: {
  jobId: string;
  subject: ActionSubject;
  onDone: () => void;
}) {
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
          onDone={onDone}
          onClose={() => setAction(null)}
        />
      )}
    </div>
  );
}
