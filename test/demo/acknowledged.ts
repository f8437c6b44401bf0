import type { JobState } from '../../lib/worker.ts';
import type { Journal } from './journal.ts';
import { isEvent, type News } from './news.ts';

/** What the service had told its workers to be done. */
export interface Acknowledged {
  readonly sheets: readonly { readonly jobId: string; readonly sheet: number }[];
  readonly grants: readonly { readonly jobId: string; readonly epoch: number }[];
}

export function acknowledgedSoFar({ entries }: Journal<News>): Acknowledged {
  const news = entries.map(({ what }) => what);
  const completed = news.filter(isEvent('sheet-completed')).map(({ event }) => event);
  const claimed = news.filter(isEvent('claimed')).map(({ event }) => event);
  return {
    sheets: completed.map(({ jobId, sheet }) => ({ jobId, sheet })),
    grants: claimed.map(({ jobId, epoch }) => ({ jobId, epoch })),
  };
}

/** What of it is not in the jobs as they are stored. */
export function missingFrom(
  states: readonly JobState[],
  { sheets, grants }: Acknowledged,
): readonly string[] {
  const byId = new Map(states.map(state => [state.job_id, state]));
  const lostSheets = sheets
    .filter(({ jobId, sheet }) => byId.get(jobId)?.sheets[sheet]?.status !== 'completed')
    .map(({ jobId, sheet }) => `sheet ${sheet} of ${jobId}`);
  const lostGrants = grants
    .filter(({ jobId, epoch }) => (byId.get(jobId)?.dalsegno?.epoch ?? 0) < epoch)
    .map(({ jobId, epoch }) => `epoch ${epoch} of ${jobId}`);
  return [...lostSheets, ...lostGrants];
}
