import { signal } from '@preact/signals';
import { parseExact } from '../text/exact-json.ts';
import type { Stats } from '../text/stats.ts';
import { call } from './call.ts';
import { localMillis, noteServerTime } from './time.ts';

/** The counts and the store; null before the first answer. */
export const stats = signal<Stats | null>(null);

let etag: string | null = null;

export async function loadStats(abort: AbortSignal): Promise<void> {
  const sentAt = localMillis();
  const answer = await call('/v1/stats', { signal: abort, etag });
  if (answer.status === 304) return;
  const loaded = parseExact(answer.text) as unknown as Stats;
  noteServerTime(loaded.server_time, sentAt);
  etag = answer.etag;
  stats.value = loaded;
}

/** Forgets what another token was shown. */
export function forgetStats(): void {
  etag = null;
  stats.value = null;
}
