import * as z from 'zod';
import type { Client } from './api.ts';
import { type Caller, type KeyedCallOptions, repeatKey } from './call.ts';
import { deadlineOf } from './deadline.ts';
import { type BeatAnswer, BeatsAnswer, type Grant, GrantAnswer, RenewalAnswer } from './grant.ts';
import { JobState } from './job.ts';
import { isFreeOf } from './lost-answer.ts';
import { isLeaseOver } from './problem.ts';
import type { Answered, Ask } from './transport.ts';
import { jobPath } from './transport.ts';

type LeaseCalls = Pick<Client, 'acquire' | 'claim' | 'renew' | 'renewAll' | 'release'>;

const Nothing = z.null();

/** The calls about leases. */
export function leaseCalls(send: Caller, newKey: () => string): LeaseCalls {
  /** The key makes a repeat safe: the same key is granted the same lease. */
  async function granted(
    ask: Pick<Ask, 'path' | 'body'>,
    options: KeyedCallOptions | undefined,
  ): Promise<Grant | null> {
    const schema = GrantAnswer.nullable();
    const asked: Ask = { ...ask, method: 'POST', key: repeatKey(options, newKey) };
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
      const grant = await granted({ path, body }, options);
      if (grant !== null) return grant;
      throw new TypeError(`The lease of ${JSON.stringify(jobId)} was granted without saying so`);
    },

    claim({ holder, ttlSeconds, jobName }, options) {
      const body = { holder, ttl_seconds: ttlSeconds, job_name: jobName };
      return granted({ path: '/v1/claims', body }, options);
    },

    async renew(held, { progress, ttlSeconds } = {}, options) {
      const path = jobPath(held.jobId, '/lease');
      const body = { progress, ttl_seconds: ttlSeconds };
      const asked: Ask = { method: 'PUT', path, leaseToken: held.token, body };
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
      const asked: Ask = { method: 'POST', path: '/v1/heartbeats', body };
      const answer = await send(asked, { schema: BeatsAnswer, repeat: 'safe', options });
      return answer.body.beats.map(beat => beatAnswer(beat, answer));
    },

    async release(held, options) {
      const { jobId, token: leaseToken } = held;
      const asked: Ask = { method: 'DELETE', path: jobPath(jobId, '/lease'), leaseToken };
      await send(asked, {
        schema: Nothing,
        repeat: 'safe',
        options,
        secondRead: {
          doubts: isLeaseOver,
          async look(lookOptions) {
            const load: Ask = { method: 'GET', path: jobPath(jobId) };
            const call = { schema: JobState, repeat: 'safe', options: lookOptions } as const;
            const { body: state } = await send(load, call);
            return isFreeOf(state, held) ? null : undefined;
          },
        },
      });
    },
  };
}

function beatAnswer(
  beat: BeatsAnswer['beats'][number],
  { body: { server_time }, sent }: Answered<BeatsAnswer>,
): BeatAnswer {
  if (!beat.ok) return beat;
  const renewal = { ...beat, server_time };
  return { ...renewal, deadline: deadlineOf(sent, renewal) };
}
