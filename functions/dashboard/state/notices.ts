import { signal } from '@preact/signals';

/** A short message at the edge of the page, which screen readers read out. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isFault: boolean;
}

export const notices = signal<readonly Notice[]>([]);

const SHOWN_MS = 7_000;
const MAX_NOTICES = 4;
let lastId = 0;

export function notify(text: string, { isFault = false }: { isFault?: boolean } = {}): void {
  lastId += 1;
  const notice = { id: lastId, text, isFault };
  notices.value = [...notices.peek(), notice].slice(-MAX_NOTICES);
  // What went wrong stays until somebody has read it.
  if (!isFault) setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.peek().filter(notice => notice.id !== id);
}
