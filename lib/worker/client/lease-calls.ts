import * as z from 'zod';
import type { Client } from './api.ts';
import { type Caller, type KeyedCallOptions, repeatKey } from './call.ts';
import { deadlineOf } from './deadline.ts';
import {
  type Grant,
  GrantAnswer,
  type HeartbeatAnswer,
  HeartbeatsAnswer,
  RenewalAnswer,
} from './grant.ts';
import { JobState } from './job.ts';
import { isReleased } from './lost-answer.ts';
import { isLeaseOver } from './problem.ts';
import type { Answered, ApiRequest } from './transport.ts';
import { jobPath } from './transport.ts';

type LeaseCalls = Pick<Client, 'acquire' | 'claim' | 'renew' | 'renewAll' | 'release'>;

const Nothing = z.null();

/** The calls about leases. */
export function leaseCalls(send: Caller, newKey: () => string): LeaseCalls {
  /** The idempotency key makes a repeat safe: the same key gets the same lease. */
  async function requestGrant(
    ask: Pick<ApiRequest, 'path' | 'body'>,
    options: KeyedCallOptions | undefined,
  ): Promise<Grant | null> {
    const schema = GrantAnswer.nullable();
    const asked: ApiRequest = { ...ask, method: 'POST', key: repeatKey(options, newKey) };
    const { body, sent } = await send(asked, { schema, repeat: 'safe', options });
    if (body === null) return null;
    const { lease, token } = body;
    const held = { jobId: lease.job_id, epoch: lease.epoch, token };
    return { ...body, held, deadline: deadlineOf(sent, body) };
  }

  return {
    async acquire(jobId, { holder, ttlSeconds }, options) {
      const body = { holder, ttl_seconds: ttlSeconds };
      const path = jobPath(jobId, '/lease');
      const grant = await requestGrant({ path, body }, options);
      if (grant !== null) return grant;
      throw new TypeError(`The answer to the acquire of ${JSON.stringify(jobId)} has no lease`);
    },

    claim({ holder, ttlSeconds, jobName }, options) {
      const body = { holder, ttl_seconds: ttlSeconds, job_name: jobName };
      return requestGrant({ path: '/v1/claims', body }, options);
    },

    async renew(held, { progress, ttlSeconds } = {}, options) {
      const path = jobPath(held.jobId, '/lease');
      const body = { progress, ttl_seconds: ttlSeconds };
      const asked: ApiRequest = { method: 'PUT', path, leaseToken: held.token, body };
      const answer = await send(asked, { schema: RenewalAnswer, repeat: 'safe', options });
      return { ...answer.body, deadline: deadlineOf(answer.sent, answer.body) };
    },

    async renewAll(beats, options) {
      const body = {
        beats: beats.map(({ held, progress, ttlSeconds }) => ({
          token: held.token,
          progress,
          ttl_seconds: ttlSeconds,
        })),
      };
      const asked: ApiRequest = { method: 'POST', path: '/v1/heartbeats', body };
      const answer = await send(asked, { schema: HeartbeatsAnswer, repeat: 'safe', options });
      return answer.body.beats.map(beat => heartbeatAnswer(beat, answer));
    },

    async release(held, options) {
      const { jobId, token: leaseToken } = held;
      const asked: ApiRequest = { method: 'DELETE', path: jobPath(jobId, '/lease'), leaseToken };
      await send(asked, {
        schema: Nothing,
        repeat: 'safe',
        options,
        secondRead: {
          mayBeDone: isLeaseOver,
          async findAnswer(readOptions) {
            const load: ApiRequest = { method: 'GET', path: jobPath(jobId) };
            const call = { schema: JobState, repeat: 'safe', options: readOptions } as const;
            const { body: state } = await send(load, call);
            return isReleased(state, held) ? null : undefined;
          },
        },
      });
    },
  };
}

function heartbeatAnswer(
  beat: HeartbeatsAnswer['beats'][number],
  { body: { server_time }, sent }: Answered<HeartbeatsAnswer>,
): HeartbeatAnswer {
  if (!beat.ok) return beat;
  const renewal = { ...beat, server_time };
  return { ...renewal, deadline: deadlineOf(sent, renewal) };
}
