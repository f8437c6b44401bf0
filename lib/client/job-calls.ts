import type { JobTarget } from '../worker/client/api.ts';
import { type CallOptions, type KeyedCallOptions, repeatKey } from '../worker/client/call.ts';
import type {
  JobState,
  JobStatus,
  NewJob,
  RequestAnswer,
  WhyAnswer,
} from '../worker/client/job.ts';
import { findRequestAnswer } from '../worker/client/lost-answer.ts';
import { isLeaseOver } from '../worker/client/problem.ts';
import { jobPath } from '../worker/client/transport.ts';
import { array, isRecord, object } from '../worker/shape/structures.ts';
import { literal, nullable, number, string, unknown } from '../worker/shape/values.ts';
import type { BulkAction } from './answers.ts';
import type { DeleteOptions, SaveOptions } from './api.ts';
import { contains, isSavedFrom } from './contains.ts';
import { type Exact, type ExactCaller, foundAnswer, isCode } from './exact.ts';
import { promised } from './promised.ts';

export type Control = Exclude<BulkAction, 'delete'>;

export interface ControlOptions extends CallOptions {
  readonly force?: boolean | undefined;
  readonly errorMessage?: string | undefined;
}

/** The calls about one job. Their answers keep their text. */
export interface ExactJobCalls {
  create(job: NewJob | string, options?: KeyedCallOptions): Promise<Exact<JobState>>;
  load(jobId: string, options?: CallOptions): Promise<Exact<JobState>>;
  /** Null where the job still has this version; the caller has none with null. */
  loadIfChanged(
    jobId: string,
    version: string | null,
    options?: CallOptions,
  ): Promise<Exact<JobState> | null>;
  save(
    jobId: string,
    state: string | Readonly<Record<string, unknown>>,
    options: SaveOptions,
  ): Promise<Exact<unknown>>;
  remove(target: JobTarget, options?: DeleteOptions): Promise<void>;
  control(
    kind: Control,
    target: JobTarget,
    options?: ControlOptions,
  ): Promise<Exact<RequestAnswer>>;
  why(jobId: string, options?: CallOptions): Promise<Exact<WhyAnswer>>;
}

const StateShape = promised<JobState>({
  job_id: string,
  job_name: string,
  status: string,
  total_sheets: number,
  sheets: object({}),
});
const RequestShape = promised<RequestAnswer>({
  job_id: string,
  status: string,
  requested: nullable(string),
});
const WhyShape = promised<WhyAnswer>({
  job_id: string,
  standing: string,
  summary: string,
  evidence: array(unknown),
});

/** The status of a job when a request has taken effect. */
const STATUS_AFTER: Readonly<Record<Control, JobStatus>> = {
  pause: 'paused',
  resume: 'paused',
  cancel: 'cancelled',
  fail: 'failed',
  complete: 'completed',
};

export function exactJobCalls(caller: ExactCaller, newKey: () => string): ExactJobCalls {
  async function loadNow(jobId: string, options?: CallOptions): Promise<Exact<JobState>> {
    return caller.ask({ method: 'GET', path: jobPath(jobId) }, { shape: StateShape, options });
  }

  return {
    create(job, options) {
      const given: unknown = typeof job === 'string' ? tryParse(job) : job;
      const jobId = isRecord(given) ? String(given['job_id']) : '';
      return caller.ask(
        { method: 'POST', path: '/v1/jobs', key: repeatKey(options, newKey), ...bodyOf(job) },
        {
          shape: StateShape,
          options,
          secondRead: {
            mayBeDone: error => isCode(error, 'job_exists'),
            async findAnswer(readOptions) {
              const stored = await loadNow(jobId, readOptions);
              return contains(stored.value, given) ? stored : undefined;
            },
          },
        },
      );
    },

    load: loadNow,

    loadIfChanged(jobId, version, options) {
      const request = { method: 'GET', path: jobPath(jobId) } as const;
      return caller.askIfChanged(request, { shape: StateShape, version, options });
    },

    save(jobId, state, { leaseToken, ...options }) {
      const given: unknown = typeof state === 'string' ? tryParse(state) : state;
      const headers = [preconditionOf(options), ['Prefer', 'return=minimal'] as const];
      const path = jobPath(jobId);
      return caller.ask(
        { method: 'PUT', path, headers, leaseToken, ...bodyOf(state) },
        {
          shape: unknown,
          options,
          secondRead: {
            mayBeDone: error => isCode(error, 'version_conflict') || isLeaseOver(error),
            async findAnswer(readOptions) {
              const stored = await loadNow(jobId, readOptions);
              return isSavedFrom(stored.value, given)
                ? foundAnswer<unknown>(null, stored.version)
                : undefined;
            },
          },
        },
      );
    },

    async remove({ jobId, token: leaseToken }, { force = false, ifVersion, ...options } = {}) {
      const path = jobPath(jobId, force ? '?force=true' : '');
      const headers = ifVersion === undefined ? [] : [['If-Match', `"${ifVersion}"`] as const];
      await caller.ask(
        { method: 'DELETE', path, headers, leaseToken },
        {
          shape: literal(null),
          options,
          secondRead: {
            mayBeDone: error => isCode(error, 'job_not_found'),
            findAnswer: async () => foundAnswer(null),
          },
        },
      );
    },

    control(kind, target, { force = false, errorMessage, ...options } = {}) {
      const { jobId, token: leaseToken } = target;
      const path = jobPath(jobId, `/${kind}${force ? '?force=true' : ''}`);
      const body = errorMessage === undefined ? undefined : { error_message: errorMessage };
      return caller.ask(
        { method: 'POST', path, leaseToken, body },
        {
          shape: RequestShape,
          options,
          secondRead: {
            mayBeDone: isLeaseOver,
            async findAnswer(readOptions) {
              const { value, version } = await loadNow(jobId, readOptions);
              const found = findRequestAnswer(value, { ...target, status: STATUS_AFTER[kind] });
              return found === undefined ? undefined : foundAnswer(found, version);
            },
          },
        },
      );
    },

    why(jobId, options) {
      return caller.ask(
        { method: 'GET', path: jobPath(jobId, '/why') },
        { shape: WhyShape, options },
      );
    },
  };
}

function bodyOf(given: string | Readonly<Record<string, unknown>>) {
  return typeof given === 'string' ? { text: given } : { body: given };
}

function preconditionOf(options: SaveOptions): readonly [string, string] {
  if ('ifVersion' in options) return ['If-Match', `"${options.ifVersion}"`];
  return options.expect === 'absent' ? ['If-None-Match', '*'] : ['If-Match', '*'];
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The service says what is wrong with the text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
