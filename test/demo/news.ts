import type { ToldEvent, WorkerMessage } from './worker-message.ts';

/** What a worker told, and which one. */
export type News = WorkerMessage & { readonly holder: string };

export type EventType = ToldEvent['type'];
export type EventOf<Type extends EventType> = Extract<ToldEvent, { readonly type: Type }>;

export type EventNews<Type extends EventType> = {
  readonly kind: 'event';
  readonly holder: string;
  readonly event: EventOf<Type>;
};

/** Tells whether news are of this event, of one job where it is given. */
export function isEvent<Type extends EventType>(type: Type, jobId?: string) {
  return (news: News): news is News & EventNews<Type> =>
    news.kind === 'event' &&
    news.event.type === type &&
    (jobId === undefined || ('jobId' in news.event && news.event.jobId === jobId));
}

export function isMidway(jobId: string) {
  return (news: News): news is News & { readonly kind: 'midway' } =>
    news.kind === 'midway' && news.jobId === jobId;
}
