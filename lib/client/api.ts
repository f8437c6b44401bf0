import type { Client, JobTarget } from '../worker/client/api.ts';
import type { CallOptions } from '../worker/client/call.ts';
import type { RequestAnswer, SweepAnswer } from '../worker/client/job.ts';
import type { BulkAnswer, DoctorAnswer, ListPage, Readiness, Rows, Stats } from './answers.ts';
import type { Exact } from './exact.ts';
import type { BulkRequest, ListQuery } from './query.ts';

/** A state with its text, as it is stored, and its version. */
export interface StateText {
  readonly text: string;
  readonly version: string;
}

/** What a save expects to find: this version, no job, or anything. */
export type SavePrecondition =
  | { readonly ifVersion: string }
  | { readonly expect: 'absent' | 'anything' };

export type SaveOptions = CallOptions &
  SavePrecondition & {
    /** The lease token, for a job that the caller holds. */
    readonly leaseToken?: string | undefined;
  };

export interface DeleteOptions extends CallOptions {
  /** Also a job that somebody else holds. */
  readonly force?: boolean | undefined;
  readonly ifVersion?: string | undefined;
}

export interface SweepOptions extends CallOptions {
  readonly cursor?: string | undefined;
  /** Leases of one pass. */
  readonly limit?: number | undefined;
}

export interface DoctorOptions extends CallOptions {
  /** How many keys a list of the store must find. */
  readonly listKeys?: number | undefined;
}

/** A call that has no method of its own. */
export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** What follows the URL of the service, percent-encoded: `/v1/jobs`. */
  readonly path: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent as JSON. */
  readonly body?: unknown;
  /** JSON that is sent as it is, where there is no `body`. */
  readonly text?: string;
  /** False for a call that must not be carried out twice: it is not tried again without an answer. */
  readonly isRepeatable?: boolean;
}

/**
 * The calls of producers and operators, beside all those of a worker. Errors are as in `Client`: a `DalsegnoError` for an
 * error answer, a `NoAnswerError` if no answer arrives.
 */
export interface ServiceClient extends Omit<Client, 'sweep'> {
  /** Reads the state as it is stored, to the byte. Null if the job still has the version that the caller has. */
  loadText(jobId: string, options?: CallOptions): Promise<StateText>;
  loadText(
    jobId: string,
    options: CallOptions & { readonly ifNoneMatch: string },
  ): Promise<StateText | null>;
  /**
   * Saves a whole state: an object, or a text that keeps every digit. Returns its version. Errors: `version_conflict`,
   * `lease_held`, `lease_lost`, `invalid`.
   */
  save(
    jobId: string,
    state: string | Readonly<Record<string, unknown>>,
    options: SaveOptions,
  ): Promise<{ readonly version: string }>;
  /** Deletes a job. Errors: `job_not_found`, `lease_held`, `version_conflict`. */
  delete(target: JobTarget, options?: DeleteOptions): Promise<void>;
  /** All jobs of the query, page after page. A job that changes meanwhile may be met twice or not at all. */
  list<View extends keyof Rows = 'summary'>(
    query?: ListQuery<View>,
    options?: CallOptions,
  ): AsyncIterable<Rows[View]>;
  /** One page. Its `version` is for `ifNoneMatch` of the next call, which returns null while nothing has changed. */
  listPage<View extends keyof Rows = 'summary'>(
    query?: ListQuery<View>,
    options?: CallOptions,
  ): Promise<ListPage<Rows[View]> & { readonly version: string | null }>;
  listPage<View extends keyof Rows = 'summary'>(
    query: ListQuery<View> | undefined,
    options: CallOptions & { readonly ifNoneMatch: string },
  ): Promise<(ListPage<Rows[View]> & { readonly version: string | null }) | null>;
  /** Ends a job as completed; the sheets that are left become `skipped`. Errors: `lease_held`, `job_finished`. */
  complete(
    target: JobTarget,
    options?: CallOptions & { readonly force?: boolean | undefined },
  ): Promise<RequestAnswer>;
  /** One call of a bulk action: at most `limit` jobs. */
  bulk(request: BulkRequest, options?: CallOptions): Promise<BulkAnswer>;
  /** The calls of a bulk action one after the other, until no job is left. Each is carried out when the next is asked for. */
  bulkAll(request: BulkRequest, options?: CallOptions): AsyncIterable<BulkAnswer>;
  /** Counts of jobs and leases, and what the service knows about its store. */
  stats(options?: CallOptions): Promise<Stats>;
  /** Runs one sweep now: recovers the jobs of expired leases. */
  sweep(options?: SweepOptions): Promise<SweepAnswer>;
  /** Tests what the store really does. */
  doctor(options?: DoctorOptions): Promise<DoctorAnswer>;
  /** Whether the store can be read and written. Error `store_unavailable`. */
  ready(options?: CallOptions): Promise<Readiness>;
  /** The description of the API. */
  openapi(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
  /** Any other call, with the retries of the client. */
  request(request: RawRequest, options?: CallOptions): Promise<Exact<unknown>>;
}
