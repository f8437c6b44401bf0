import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import {
  type BulkPreview,
  type BulkProgress,
  bodyOf,
  previewBulk,
  runBulk,
} from '../../state/bulk.ts';
import { notify } from '../../state/notices.ts';
import { refreshNow } from '../../state/polling.ts';
import { amountText } from '../../text/count.ts';
import { actionWord, bulkEffectOf, isDestructive, type JobAction } from '../../text/job-action.ts';
import { bulkFilterOf, filterText, type ListFilter } from '../../text/list-filter.ts';
import { reasonOf } from '../../text/reason.ts';
import { ConfirmButtons, ForceField, MessageField } from '../action-fields.tsx';
import { Dialog } from '../dialog.tsx';
import { BulkReport, Sample } from './bulk-report.tsx';

type Stage =
  | { readonly kind: 'counting' }
  | { readonly kind: 'ready'; readonly preview: BulkPreview }
  | { readonly kind: 'running'; readonly total: number }
  | { readonly kind: 'ended'; readonly total: number; readonly wasStopped: boolean }
  | { readonly kind: 'failed'; readonly reason: string };

/** Counts the jobs first, says what will happen to them, and then does it call by call. */
export function BulkDialog({
  action,
  filter,
  onClose,
}: {
  action: JobAction;
  filter: ListFilter;
  onClose: () => void;
}) {
  const [stage, setStage] = useState<Stage>({ kind: 'counting' });
  const [progress, setProgress] = useState<BulkProgress | null>(null);
  const [force, setForce] = useState(false);
  const [message, setMessage] = useState('');
  const running = useRef<AbortController | null>(null);
  // The filter of the moment when the dialog was opened, whatever is typed meanwhile.
  const bulkFilter = useMemo(() => bulkFilterOf(filter), []);
  const request = { action, filter: bulkFilter, force, message };

  useEffect(() => {
    const counting = new AbortController();
    const base = { action, filter: bulkFilter, force: false, message: '' };
    previewBulk(base, counting.signal).then(
      preview => setStage({ kind: 'ready', preview }),
      (error: unknown) => {
        if (!counting.signal.aborted) setStage({ kind: 'failed', reason: reasonOf(error) });
      },
    );
    return () => {
      counting.abort();
      running.current?.abort();
    };
  }, [action, bulkFilter]);

  async function run(total: number): Promise<void> {
    const mine = new AbortController();
    running.current = mine;
    setStage({ kind: 'running', total });
    try {
      const done = await runBulk(request, { signal: mine.signal, report: setProgress });
      setStage({ kind: 'ended', total, wasStopped: mine.signal.aborted });
      notify(`${actionWord(action)}: ${amountText(done.done, 'job')} done`);
    } catch (error) {
      setStage({ kind: 'failed', reason: reasonOf(error) });
    }
    refreshNow();
  }

  const conditions = filterText(filter);
  return (
    <Dialog title={`${actionWord(action)} all that match`} onClose={onClose} wide>
      <p>
        <span class="muted">Jobs: </span>
        <bdi>{conditions === '' ? 'all, without any condition' : conditions}</bdi>
      </p>
      {stage.kind === 'counting' ? <p>Counting…</p> : null}
      {stage.kind === 'failed' ? (
        <p class="tone-bad tone-text" role="alert">
          {stage.reason}
        </p>
      ) : null}
      {stage.kind === 'ready' ? (
        <form
          onSubmit={event => {
            event.preventDefault();
            void run(stage.preview.matched);
          }}
        >
          <p class="bulk-count">
            <strong class="number">{amountText(stage.preview.matched, 'job')}</strong> match now.
          </p>
          <Sample preview={stage.preview} />
          <p>{bulkEffectOf(action, force)}</p>
          {action === 'fail' ? (
            <MessageField label="Message, kept in each job" value={message} onValue={setMessage} />
          ) : null}
          {action === 'resume' ? null : (
            <ForceField isForced={force} onForced={setForce}>
              Force: do not wait for holders
            </ForceField>
          )}
          <ConfirmButtons
            call={{
              method: 'POST',
              path: '/v1/bulk',
              body: bodyOf(request, { dry_run: true }),
            }}
            isDangerous={isDestructive(action)}
            isDisabled={stage.preview.matched === 0}
            onClose={onClose}
          >
            {actionWord(action)} {amountText(stage.preview.matched, 'job')}
          </ConfirmButtons>
        </form>
      ) : null}
      {stage.kind === 'running' || stage.kind === 'ended' || progress !== null ? (
        <BulkReport progress={progress} total={'total' in stage ? stage.total : null} />
      ) : null}
      {stage.kind === 'running' ? (
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => running.current?.abort()}>
            Stop after this call
          </button>
        </div>
      ) : null}
      {stage.kind === 'ended' ? (
        <div class="dialog-actions">
          <span role="status">
            {stage.wasStopped ? 'Stopped. The rest is as it was.' : 'Done.'}
          </span>
          <span class="spread" />
          <button type="button" class="button primary" onClick={onClose}>
            Close
          </button>
        </div>
      ) : null}
    </Dialog>
  );
}
