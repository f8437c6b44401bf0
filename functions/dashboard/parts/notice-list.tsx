import { dismiss, notices } from '../state/notices.ts';
import { Icon } from './icon.tsx';

/** Short messages at the edge of the page. */
export function NoticeList() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text, isFault }) => (
        <div key={id} class={isFault ? 'notice tone-bad' : 'notice'}>
          <span>{text}</span>
          <button type="button" class="ghost" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="cross" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
