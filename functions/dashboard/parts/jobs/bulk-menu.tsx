import { useState } from 'preact/hooks';
import { ACTIONS, actionWord, isDestructive, type JobAction } from '../../text/job-action.ts';
import type { ListFilter } from '../../text/list-filter.ts';
import { Icon } from '../icon.tsx';
import { BulkDialog } from './bulk-dialog.tsx';

/** Actions on every job that the filter selects, also on those that are not loaded. */
export function BulkMenu({ filter }: { filter: ListFilter }) {
  const [action, setAction] = useState<JobAction | null>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <div
      class="menu"
      onFocusOut={event => {
        const next = event.relatedTarget;
        if (!(next instanceof Node && event.currentTarget.contains(next))) setOpen(false);
      }}
      onKeyDown={event => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.preventDefault();
        setOpen(false);
        event.currentTarget.querySelector('button')?.focus();
      }}
    >
      <button
        type="button"
        class="button"
        title="Actions on all jobs that match"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="bulk" />
        <span>
          All<span class="wide-only"> that match</span>…
        </span>
      </button>
      {isOpen ? (
        <div class="menu-list">
          {ACTIONS.map(name => (
            <button
              key={name}
              type="button"
              class={isDestructive(name) ? 'menu-item tone-bad tone-text' : 'menu-item'}
              onClick={() => {
                setOpen(false);
                setAction(name);
              }}
            >
              {actionWord(name)}…
            </button>
          ))}
        </div>
      ) : null}
      {action === null ? null : (
        <BulkDialog action={action} filter={filter} onClose={() => setAction(null)} />
      )}
    </div>
  );
}
