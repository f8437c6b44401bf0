import type { Client, JobTarget } from './api.ts';
import { type Call, type Caller, type CallOptions, repeatKey } from './call.ts';
import {
  JobState,
  type JobStatus,
  NextSheet,
  RequestAnswer,
  SweepAnswer,
  UpdateAnswer,
  WhyAnswer,
} from './job.ts';
import { findRequestAnswer, findUpdateAnswer, isCreatedFrom } from './lost-answer.ts';
import { SENT_CHARACTERS, withOutputEnd } from './output-end.ts';
import { DalsegnoError, isLeaseOver } from './problem.ts';
import type { ApiRequest } from './transport.ts';
import { jobPath } from './transport.ts';

type JobCalls = Pick<
  Client,
  | 'create'
  | 'load'
  | 'nextSheet'
  | 'update'
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'fail'
  | 'why'
  | 'sweep'
>;

/** The calls about jobs and their sheets. */
export function jobCalls(send: Caller, newKey: () => string): JobCalls {
  async function ask<T>(asked: ApiRequest, call: Call<T>): Promise<T> {
    return (await send(asked, call)).body;
  }

  function load(jobId: string, options?: CallOptions): Promise<JobState> {
    const asked: ApiRequest = { method: 'GET', path: jobPath(jobId) };
    return ask(asked, { schema: JobState, repeat: 'safe', options });
  }

  function request(
    target: JobTarget,
    { kind, status, body, options }: JobRequest,
  ): Promise<RequestAnswer> {
    const path = jobPath(target.jobId, `/${kind}`);
    const asked: ApiRequest = { method: 'POST', path, leaseToken: target.token, body };
    return ask(asked, {
      schema: RequestAnswer,
      repeat: 'safe',
      options,
      secondRead: {
        mayBeDone: isLeaseOver,
        findAnswer: async readOptions =>
          findRequestAnswer(await load(target.jobId, readOptions), { ...target, status }),
      },
    });
  }

  return {
    load,

    create(job, options) {
      const key = repeatKey(options, newKey);
      const asked: ApiRequest = { method: 'POST', path: '/v1/jobs', key, body: job };
      return ask(asked, {
        schema: JobState,
        repeat: 'safe',
        options,
        secondRead: {
          mayBeDone: error => error instanceof DalsegnoError && error.code === 'job_exists',
          async findAnswer(readOptions) {
            const state = await load(job.job_id, readOptions);
            return isCreatedFrom(state, job) ? state : undefined;
          },
        },
      });
    },

    nextSheet(jobId, options) {
      const asked: ApiRequest = { method: 'GET', path: jobPath(jobId, '/next-sheet') };
      return ask(asked, { schema: NextSheet, repeat: 'safe', options });
    },

    update(target, update, options) {
      const { jobId, sheet, token: leaseToken } = target;
      const path = jobPath(jobId, `/sheets/${sheet}`);
      const body = withOutputEnd(update, SENT_CHARACTERS);
      const asked: ApiRequest = { method: 'PUT', path, leaseToken, body };
      const countsOnce = leaseToken !== undefined || update.attempt !== undefined;
      const mayEndJob = update.status === 'completed' || update.status === 'skipped';
      return ask(asked, {
        schema: UpdateAnswer,
        repeat: countsOnce ? 'safe' : 'refused',
        options,
        secondRead: {
          mayBeDone: error => isLeaseOver(error) && mayEndJob,
          findAnswer: async readOptions =>
            findUpdateAnswer(await load(jobId, readOptions), { ...target, update }),
        },
      });
    },

    pause: (target, options) => request(target, { kind: 'pause', status: 'paused', options }),
    resume: (target, options) => request(target, { kind: 'resume', status: 'paused', options }),
    cancel: (target, options) => request(target, { kind: 'cancel', status: 'cancelled', options }),
    fail({ errorMessage, ...target }, options) {
      const body = errorMessage === undefined ? undefined : { error_message: errorMessage };
      return request(target, { kind: 'fail', status: 'failed', body, options });
    },

    why(jobId, options) {
      const asked: ApiRequest = { method: 'GET', path: jobPath(jobId, '/why') };
      return ask(asked, { schema: WhyAnswer, repeat: 'safe', options });
    },

    sweep(options) {
      const asked: ApiRequest = { method: 'POST', path: '/v1/sweep' };
      return ask(asked, { schema: SweepAnswer, repeat: 'safe', options });
    },
  };
}

interface JobRequest {
  readonly kind: 'pause' | 'resume' | 'cancel' | 'fail';
  /** The status of the job when the request has taken effect. */
  readonly status: JobStatus;
  readonly body?: unknown;
  readonly options: CallOptions | undefined;
}
