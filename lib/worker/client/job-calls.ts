import type { Client, HeldUpdate, JobTarget } from './api.ts';
import { type Call, type Caller, type CallOptions, ignoreError, repeatKey } from './call.ts';
import {
  JobState,
  type JobStatus,
  NextSheet,
  type OneOfUpdates,
  RequestAnswer,
  SweepAnswer,
  UpdateAnswer,
  UpdatesAnswer,
  WhyAnswer,
} from './job.ts';
import { findRequestAnswer, findUpdateAnswer, isCreatedFrom } from './lost-answer.ts';
import { SENT_CHARACTERS, withOutputEnd } from './output-end.ts';
import { DalsegnoError, isLeaseOver } from './problem.ts';
import type { SheetUpdate } from './sheet-update.ts';
import type { ApiRequest } from './transport.ts';
import { jobPath } from './transport.ts';

type JobCalls = Pick<
  Client,
  | 'create'
  | 'load'
  | 'nextSheet'
  | 'update'
  | 'updates'
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

  /**
   * The answer to an update that is refused because an earlier try of it has completed the job. The job still has the
   * epoch of the caller then, so no later holder can have done it.
   */
  async function lostAnswer(
    one: OneOfUpdates,
    { held, sheet, update }: HeldUpdate,
    options: CallOptions | undefined,
  ): Promise<OneOfUpdates | undefined> {
    if (one.ok || one.code !== 'lease_lost' || !mayEndJob(update)) return undefined;
    const state = await ignoreError(load(held.jobId, options));
    if (state === undefined) return undefined;
    const found = findUpdateAnswer(state, { ...held, sheet, update });
    return found === undefined ? undefined : { ok: true, ...found };
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
      const asked: ApiRequest = { method: 'PUT', path, leaseToken, sheet, body };
      const countsOnce = leaseToken !== undefined || update.attempt !== undefined;
      return ask(asked, {
        schema: UpdateAnswer,
        repeat: countsOnce ? 'safe' : 'refused',
        options,
        secondRead: {
          mayBeDone: error => isLeaseOver(error) && mayEndJob(update),
          findAnswer: async readOptions =>
            findUpdateAnswer(await load(jobId, readOptions), { ...target, update }),
        },
      });
    },

    async updates(updates, options) {
      const body = {
        updates: updates.map(({ held, sheet, update }) => ({
          token: held.token,
          sheet,
          ...withOutputEnd(update, SENT_CHARACTERS),
        })),
      };
      const asked: ApiRequest = { method: 'POST', path: '/v1/updates', body };
      const answer = await ask(asked, { schema: UpdatesAnswer, repeat: 'safe', options });
      return Promise.all(
        answer.updates.map(async (one, index) => {
          const sent = updates[index];
          const lost = sent === undefined ? undefined : await lostAnswer(one, sent, options);
          return lost ?? one;
        }),
      );
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

function mayEndJob({ status }: SheetUpdate): boolean {
  return status === 'completed' || status === 'skipped';
}

interface JobRequest {
  readonly kind: 'pause' | 'resume' | 'cancel' | 'fail';
  /** The status of the job when the request has taken effect. */
  readonly status: JobStatus;
  readonly body?: unknown;
  readonly options: CallOptions | undefined;
}
