import type { Bytes } from '../../lib/store.ts';

/** A request that names one job, as it is passed on. */
export interface JobRequest {
  /** The safe name of the job: ids that share a state are answered at one place. */
  readonly name: string;
  readonly requestId: string;
  /** A stream can be sent only once. Null where there is no body. */
  readonly body: Bytes | ReadableStream<Uint8Array> | null;
}

/** What became of a request that was passed on. */
export type Forwarded =
  | { readonly kind: 'answered'; readonly response: Response }
  /** Nothing was done for it: it may be answered here. */
  | { readonly kind: 'undone' }
  /** It may have been carried out. */
  | { readonly kind: 'unclear' };

/** Passes a request on to the place where all requests of its job meet. It never rejects. */
export type Forward = (request: JobRequest) => Promise<Forwarded>;
