import { signal } from '@preact/signals';
import type { Stats } from '../text/stats.ts';
import { timedCall } from './timed-call.ts';

/** The counts and the store; null before the first answer. */
export const stats = signal<Stats | null>(null);

let etag: string | null = null;

export async function loadStats(abort: AbortSignal): Promise<void> {
  const loaded = await timedCall<Stats>('/v1/stats', { signal: abort, etag });
  if (loaded === null) return;
  etag = loaded.etag;
  stats.value = loaded.answer;
}

/** Forgets what another token was shown. */
export function forgetStats(): void {
  etag = null;
  stats.value = null;
}
