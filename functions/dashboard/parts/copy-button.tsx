import { notify } from '../state/notices.ts';
import { reasonOf } from '../text/reason.ts';
import { Icon } from './icon.tsx';

/** Copies a text. `label` says which; `shown` stands in the button beside its icon. */
export function CopyButton({
  text,
  label,
  shown,
}: {
  text: () => string;
  label: string;
  shown?: string;
}) {
  return (
    <button
      type="button"
      class={shown === undefined ? 'ghost' : 'button'}
      aria-label={`Copy ${label}`}
      title={`Copy ${label}`}
      onClick={() => void copy(text(), label)}
    >
      <Icon name="copy" />
      {shown}
    </button>
  );
}

async function copy(text: string, label: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(`Copied ${label}`);
  } catch (error) {
    // Without TLS, or without the permission, there is no clipboard.
    notify(`Cannot copy ${label}: ${reasonOf(error)}`, { isFault: true });
  }
}
