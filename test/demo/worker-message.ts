import type { HeldLease, WorkerEvent } from '../../lib/worker.ts';

/** An event as it goes from process to process: an error is its text. */
export type ToldEvent = WorkerEvent extends infer Event
  ? Event extends { readonly error: unknown }
    ? Omit<Event, 'error'> & { readonly error: string }
    : Event
  : never;

/** What a worker of the demo tells the process that started it. */
export type WorkerMessage =
  | { readonly kind: 'event'; readonly event: ToldEvent }
  /** Its proof that it holds the job: what a dead worker would still have in its hands. */
  | { readonly kind: 'held'; readonly held: HeldLease; readonly sheet: number }
  /** A part of the sheet is done, the rest is not. */
  | { readonly kind: 'midway'; readonly jobId: string; readonly sheet: number };
