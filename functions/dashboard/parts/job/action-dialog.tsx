import { useState } from 'preact/hooks';
import { call } from '../../state/call.ts';
import { ProblemError } from '../../state/call-error.ts';
import { jobsHash } from '../../state/last-list.ts';
import { notify } from '../../state/notices.ts';
import { refreshNow } from '../../state/polling.ts';
import { actionCall } from '../../text/curl.ts';
import {
  type ActionSubject,
  actionWord,
  effectOf,
  isDestructive,
  type JobAction,
  needsForce,
  takesForce,
} from '../../text/job-action.ts';
import { reasonOf } from '../../text/reason.ts';
import { visibleText } from '../../text/visible-text.ts';
import { ConfirmButtons, ForceField, MessageField } from '../action-fields.tsx';
import { Dialog } from '../dialog.tsx';
import { Fault } from '../fault.tsx';

/** Says what the action will do to the job, and does it. */
export function ActionDialog({
  jobId,
  action,
  subject,
  onDone,
  onClose,
}: {
  jobId: string;
  action: JobAction;
  subject: ActionSubject;
  /** After the service has done it, or has said why not. */
  onDone: () => void;
  onClose: () => void;
}) {
  const [force, setForce] = useState(false);
  const [message, setMessage] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<ProblemError | null>(null);
  const request = actionCall(jobId, action, { force, message });
  const isBlocked = needsForce(action, subject) && !force;

  async function run(): Promise<void> {
    setBusy(true);
    setFault(null);
    try {
      const { status } = await call(request.path, {
        method: request.method,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      notify(doneText(action, status, subject.holder));
      onClose();
      if (action === 'delete') globalThis.location.hash = jobsHash.peek();
    } catch (error) {
      if (error instanceof ProblemError) setFault(error);
      else notify(reasonOf(error), { isFault: true });
      setBusy(false);
    }
    onDone();
    refreshNow();
  }

  return (
    <Dialog
      title={
        <>
          {actionWord(action)} <bdi class="dialog-id">{visibleText(jobId)}</bdi>
        </>
      }
      onClose={onClose}
    >
      <form
        onSubmit={event => {
          event.preventDefault();
          void run();
        }}
      >
        <p aria-live="polite">
          <bdi>{effectOf(action, subject, force)}</bdi>
        </p>
        {action === 'fail' ? (
          <MessageField label="Message, kept in the job" value={message} onValue={setMessage} />
        ) : null}
        {takesForce(action, subject) ? (
          <ForceField isForced={force} onForced={setForce}>
            Force: do not wait for <bdi>"{subject.holder}"</bdi>
          </ForceField>
        ) : null}
        {fault === null ? null : <Fault fault={fault} />}
        <ConfirmButtons
          call={request}
          isDangerous={isDestructive(action) || force}
          isDisabled={isBusy || isBlocked}
          onClose={onClose}
        >
          {force ? `${actionWord(action)} by force` : actionWord(action)}
        </ConfirmButtons>
      </form>
    </Dialog>
  );
}

function doneText(action: JobAction, status: number, holder: string | null): string {
  if (status === 202)
    return `Requested: ${action}. "${holder ?? ''}" gets it with its next heartbeat`;
  return action === 'delete' ? 'Deleted' : `Done: ${action}`;
}
