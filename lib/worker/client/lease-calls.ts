import { type Shape } from '../shape/shape.ts';
import { literal, nullable } from '../shape/values.ts';
import type { BatchClaim, Client, JobClaim } from './api.ts';
import { type Caller, type KeyedCallOptions, repeatKey } from './call.ts';
import { deadlineOf, sentAfterWait } from './deadline.ts';
import {
  type Grant,
  GrantAnswer,
  GrantsAnswer,
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

const Nothing = literal(null);

/** The calls about leases. */
export function leaseCalls(send: Caller, newKey: () => string): LeaseCalls {
  /** The idempotency key makes a repeat safe: the same key gets the same leases. */
  function requestLeases<T>(
    { waitMs = 0, schema, ...ask }: LeaseRequest<T>,
    options: KeyedCallOptions | undefined,
  ): Promise<Answered<T>> {
    const asked: ApiRequest = { ...ask, method: 'POST', key: repeatKey(options, newKey) };
    return send(asked, { schema, repeat: 'safe', options, waitMs });
  }

  async function requestGrant(
    ask: Omit<LeaseRequest<GrantAnswer | null>, 'schema'>,
    options: KeyedCallOptions | undefined,
  ): Promise<Grant | null> {
    const schema = nullable(GrantAnswer);
    const answered = await requestLeases({ ...ask, schema }, options);
    return answered.body === null ? null : grantOf(answered.body, answered);
  }

  async function requestGrants(
    ask: Omit<LeaseRequest<GrantsAnswer | null>, 'schema'>,
    options: KeyedCallOptions | undefined,
  ): Promise<readonly Grant[]> {
    const schema = nullable(GrantsAnswer);
    const answered = await requestLeases({ ...ask, schema }, options);
    return (answered.body?.grants ?? []).map(grant => grantOf(grant, answered));
  }

  function claim(request: BatchClaim, options?: KeyedCallOptions): Promise<readonly Grant[]>;
  function claim(
    request: JobClaim & { readonly max?: undefined },
    options?: KeyedCallOptions,
  ): Promise<Grant | null>;
  async function claim(
    request: JobClaim & { readonly max?: number | undefined },
    options?: KeyedCallOptions,
  ): Promise<readonly Grant[] | Grant | null> {
    const { holder, ttlSeconds, jobName, waitSeconds = 0, startNext = false, max } = request;
    const body = {
      holder,
      ttl_seconds: ttlSeconds,
      job_name: jobName,
      // A service that does not know the members refuses them.
      ...(waitSeconds === 0 ? {} : { wait_seconds: waitSeconds }),
      ...(max === undefined || max === 1 ? {} : { max }),
      ...(startNext ? { start_next: true } : {}),
    };
    const ask = { path: '/v1/claims', body, waitMs: waitSeconds * 1000 };
    if (max === undefined) return requestGrant(ask, options);
    if (max !== 1) return requestGrants(ask, options);
    const grant = await requestGrant(ask, options);
    return grant === null ? [] : [grant];
  }

  return {
    async acquire(jobId, { holder, ttlSeconds }, options) {
      const body = { holder, ttl_seconds: ttlSeconds };
      const path = jobPath(jobId, '/lease');
      const grant = await requestGrant({ path, body }, options);
      if (grant !== null) return grant;
      throw new TypeError(`The answer to the acquire of ${JSON.stringify(jobId)} has no lease`);
    },

    claim,

    async renew(held, { progress, sheet, ttlSeconds } = {}, options) {
      const path = jobPath(held.jobId, '/lease');
      const body = { progress, sheet, ttl_seconds: ttlSeconds };
      const asked: ApiRequest = { method: 'PUT', path, leaseToken: held.token, body };
      const answer = await send(asked, { schema: RenewalAnswer, repeat: 'safe', options });
      return { ...answer.body, deadline: deadlineOf(answer.sent, answer.body) };
    },

    async renewAll(beats, options) {
      const body = {
        beats: beats.map(({ held, progress, sheet, ttlSeconds }) => ({
          token: held.token,
          progress,
          sheet,
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

/** A request for one lease or several. */
interface LeaseRequest<T> extends Pick<ApiRequest, 'path' | 'body'> {
  readonly schema: Shape<T>;
  readonly waitMs?: number;
}

function grantOf(answer: GrantAnswer, answered: Answered<unknown>): Grant {
  const { lease, token, waited_ms: waitedMs = 0 } = answer;
  const held = { jobId: lease.job_id, epoch: lease.epoch, token };
  return { ...answer, held, deadline: deadlineOf(sentAfterWait(answered, waitedMs), answer) };
}

function heartbeatAnswer(
  beat: HeartbeatsAnswer['beats'][number],
  { body: { server_time }, sent }: Answered<HeartbeatsAnswer>,
): HeartbeatAnswer {
  if (!beat.ok) return beat;
  const renewal = { ...beat, server_time };
  return { ...renewal, deadline: deadlineOf(sent, renewal) };
}
