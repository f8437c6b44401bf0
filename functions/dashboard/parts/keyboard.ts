import { useEffect } from 'preact/hooks';

/** What each key does. */
export type KeyHandlers = Readonly<Record<string, () => void>>;

/** How long `g` waits for the letter that says where to. */
const SEQUENCE_MS = 1_000;

/**
 * Runs the handler of a key that is pressed outside of fields and dialogs, without Ctrl, Alt or Meta. A name of two letters,
 * such as `g j`, is a sequence.
 */
export function useKeys(handlers: KeyHandlers): void {
  useEffect(() => {
    let first: { readonly key: string; readonly at: number } | null = null;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTaken(event.target) || document.querySelector('dialog[open]') !== null) return;
      const isSequence = first !== null && event.timeStamp - first.at < SEQUENCE_MS;
      const name = isSequence ? `${first?.key ?? ''} ${event.key}` : event.key;
      first = event.key === 'g' ? { key: 'g', at: event.timeStamp } : null;
      const handler = handlers[name];
      if (handler === undefined) return;
      event.preventDefault();
      handler();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

/** Whether the key belongs to a field. */
function isTaken(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select') !== null;
}
