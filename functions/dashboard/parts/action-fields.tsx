import type { ComponentChildren } from 'preact';
import { curlCommand } from '../state/curl-command.ts';
import type { ServiceCall } from '../text/curl.ts';
import { CopyButton } from './copy-button.tsx';

/** The message that a failed job keeps. */
export function MessageField({
  label,
  value,
  onValue,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
}) {
  return (
    <label class="field-labelled">
      <span>{label}</span>
      <input value={value} maxLength={2000} onInput={event => onValue(event.currentTarget.value)} />
    </label>
  );
}

/** Whether holders are not waited for. */
export function ForceField({
  isForced,
  onForced,
  children,
}: {
  isForced: boolean;
  onForced: (isForced: boolean) => void;
  children: ComponentChildren;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isForced}
        onChange={event => onForced(event.currentTarget.checked)}
      />
      {children}
    </label>
  );
}

/** The end of a form that asks before it acts: the call as a command, the way back, and the action itself. */
export function ConfirmButtons({
  call,
  isDangerous,
  isDisabled,
  onClose,
  children,
}: {
  call: ServiceCall;
  isDangerous: boolean;
  isDisabled: boolean;
  onClose: () => void;
  /** What the button of the action says. */
  children: ComponentChildren;
}) {
  return (
    <div class="dialog-actions">
      <CopyButton label="as curl" shown="Copy as curl" text={() => curlCommand(call)} />
      <span class="spread" />
      <button type="button" class="button" autofocus onClick={onClose}>
        Leave as it is
      </button>
      <button
        type="submit"
        class={isDangerous ? 'button danger' : 'button primary'}
        disabled={isDisabled}
      >
        {children}
      </button>
    </div>
  );
}
