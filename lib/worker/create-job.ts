import { sha256Base64Url } from '../base/digest.ts';
import type { Client } from './client/api.ts';
import type { CallOptions } from './client/call.ts';
import { type ClientOptions, createClient } from './client/client.ts';
import type { JobState, NewJob } from './client/job.ts';

/** A job to create, with the service that it is created at. The names of its members are those of a state. */
export interface JobToCreate extends ClientOptions {
  readonly job_id: string;
  /** Workers claim jobs by their names. */
  readonly job_name: string;
  readonly total_sheets: number;
  /** What the handler of the job gets as its `input`. It is stored as `config_snapshot`, and answers show it: no secrets. */
  readonly input?: object | undefined;
  /** Other members of the state, such as `sheets`. */
  readonly state?: Readonly<Record<string, unknown>> | undefined;
  /** Of your own, with at least 128 random bits. By default it is made from the job, so the same job has the same key. */
  readonly idempotencyKey?: string | undefined;
  /** After it is aborted no further try starts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Creates a job. The same call again within a day creates nothing, and returns the job as it is then: a lost answer
 * and a producer that starts again do no harm. Rejects with a `DalsegnoError` `job_exists` if another job has this id, and
 * with a `NoAnswerError` if the service does not answer.
 */
export async function createJob(job: JobToCreate): Promise<JobState> {
  const { job_id, job_name, total_sheets, input, state, signal, idempotencyKey } = job;
  const body: NewJob = {
    ...state,
    job_id,
    job_name,
    total_sheets,
    ...(input === undefined ? {} : { config_snapshot: input }),
  };
  const key = idempotencyKey ?? (await sha256Base64Url(`create ${JSON.stringify(body)}`));
  const options: CallOptions = signal === undefined ? {} : { signal };
  return clientOf(job).create(body, { ...options, idempotencyKey: key });
}

/** The client of the last call: on Node each has connections of its own. */
let last: { readonly options: ClientOptions; readonly client: Client } | null = null;

function clientOf(options: ClientOptions): Client {
  if (last !== null && isSame(last.options, options)) return last.client;
  const { url, token, timeoutSeconds, retries, fetch, timing, random } = options;
  const own = { url, token, timeoutSeconds, retries, fetch, timing, random };
  last = { options: own, client: createClient(own) };
  return last.client;
}

function isSame(left: ClientOptions, right: ClientOptions): boolean {
  return (
    left.url === right.url &&
    left.token === right.token &&
    left.timeoutSeconds === right.timeoutSeconds &&
    left.retries === right.retries &&
    left.fetch === right.fetch &&
    left.timing === right.timing &&
    left.random === right.random
  );
}
