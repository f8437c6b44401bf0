import type { Services } from '../../functions/http/env.ts';
import type { Intake } from '../../functions/http/intake.ts';
import { StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { tokensOf } from '../support/tokens.ts';
import type { Call } from './session.ts';
import type { Stage } from './stage.ts';

/** Something that goes wrong with a call that would succeed. */
export interface Mishap {
  readonly services?: Partial<Services>;
  /** Whether the service lacks its settings. */
  readonly isMisconfigured?: boolean;
  /** What happens before the call. */
  readonly before?: (stage: Stage, plain: Call) => Promise<void>;
  /** The call that is made instead. */
  readonly change?: (call: Call, stage: Stage) => Call;
}

const tokens = await tokensOf({
  read: 'read',
  expired: 'admin;expires=2026-01-01',
  other: 'admin:other-',
});

/** Room for every request, and no time for its body. */
const HURRIED: Intake = {
  enter: () => ({
    takeBody: () => true,
    takeAnswer: () => true,
    rest: () => () => undefined,
    leave: () => undefined,
  }),
  after(_milliseconds, call) {
    call();
    return () => undefined;
  },
};
const FULL: Intake = { enter: () => null, after: () => () => undefined };

/** No lease has it. */
const STRANGER = `dsl_aGVsZF8x.${'0'.repeat(32)}.${'0'.repeat(43)}`;
const LARGE_BYTES = 1 << 20;

export const MISHAPS: Readonly<Record<string, Mishap>> = {
  none: {},
  'two hosts': { change: call => withHeaders(call, { Host: 'a, b' }) },
  'a page of another host': { change: call => withHeaders(call, { Host: 'evil.example' }) },
  'an unknown parameter': {
    change: call => ({
      ...call,
      path: `${call.path}${call.path.includes('?') ? '&' : '?'}unknown=1`,
    }),
  },
  'no settings': { isMisconfigured: true },
  'no access token': { services: { access: tokens.list } },
  'an expired access token': {
    services: { access: tokens.list },
    change: call => withHeaders(call, tokens.as('expired')),
  },
  'a small scope': {
    services: { access: tokens.list },
    change: call => withHeaders(call, tokens.as('read')),
  },
  'an access token for other jobs': {
    services: { access: tokens.list },
    change: call => withHeaders(call, tokens.as('other')),
  },
  'no room': { services: { intake: FULL } },
  'a slow body': { services: { intake: HURRIED } },
  'a large body': { change: call => ifBody(call, JSON.stringify('x'.repeat(LARGE_BYTES))) },
  'a body that is not JSON': { change: call => ifBody(call, '{') },
  'a body of another type': {
    change: call => ifBody(withHeaders(call, { 'Content-Type': 'text/plain' }), '{}'),
  },
  'a body with another member': { change: call => ifBody(call, '{"unknown": 1}') },
  'an unknown job': { change: call => onJob(call, 'unknown_1') },
  'an unknown job, and no lease token': {
    change: call => withoutHeader(onJob(call, 'unknown_1'), 'Lease-Token'),
  },
  'another job with the file name': { change: call => onJob(call, 'held.1') },
  'an existing job': { change: call => onJob(call, 'held_1') },
  'an expected version': {
    change: call => withHeaders(call, { 'If-Match': '"old"' }),
  },
  'a job that must not be there': {
    change: ({ headers = {}, ...call }) => {
      const { 'If-Match': _without, ...others } = headers;
      return withHeaders({ ...call, headers: others }, { 'If-None-Match': '*' });
    },
  },
  'a job that must be there': {
    change: call => withHeaders(onJob(call, 'unknown_1'), { 'If-Match': '*' }),
  },
  'no precondition': { change: call => withoutHeader(call, 'If-Match') },
  'no lease token': { change: call => withoutHeader(call, 'Lease-Token') },
  'a lease token that is none': { change: call => withHeaders(call, { 'Lease-Token': 'dsl_x' }) },
  'the token of another lease': {
    change: call => withHeaders(call, { 'Lease-Token': STRANGER }),
  },
  'a job that is held': { change: call => onJob(call, 'held_1') },
  'a finished job': {
    async before(stage) {
      for (const job of ['held_1', 'idle_1']) {
        await stage.ask({ method: 'POST', path: `/v1/jobs/${job}/cancel?force=true` });
      }
    },
    change: call => withoutHeader(call, 'Lease-Token'),
  },
  'a completed job': {
    async before(stage) {
      const body = { job_id: 'done_1', job_name: 'A job', total_sheets: 1, status: 'completed' };
      await stage.ask({ method: 'POST', path: '/v1/jobs', body });
    },
    change: call => withoutHeader(onJob(call, 'done_1'), 'Lease-Token'),
  },
  'a corrupt file': {
    async before({ store }) {
      for (const job of ['held_1', 'idle_1', 'new_1']) {
        await store.put(`jobs/${job}.json`, new TextEncoder().encode('{'), UNCONDITIONAL);
      }
    },
  },
  'a key of another request': {
    async before(stage, { body, ...plain }) {
      if (plain.headers?.['Idempotency-Key'] === undefined) return;
      const difference = plain.path === '/v1/jobs' ? { job_name: 'B' } : { ttl_seconds: 30 };
      await stage.ask({ ...plain, body: { ...Object(body), ...difference } });
    },
  },
  'a key whose lease is over': {
    async before(stage, plain) {
      await stage.ask(plain);
      for (const job of ['held_1', 'idle_1']) {
        await stage.ask({ method: 'POST', path: `/v1/jobs/${job}/pause?force=true` });
      }
    },
  },
  'a state at its limit': { before: stage => Promise.resolve(stage.limit({ bytes: 10 })) },
  'a store without leases': {
    before: stage => Promise.resolve(stage.withoutSwap()),
  },
  'a store that fails': {
    before: stage => Promise.resolve(stage.spoil(new StoreError('The disk is gone'))),
  },
  'a fault of the program': {
    before: stage => Promise.resolve(stage.spoil(new TypeError('A bug'))),
  },
  'no presence': { services: { presence: null } },
  'an unknown stream': {
    change: call =>
      call.path.startsWith('/v1/presence/') ? { ...call, path: '/v1/presence/none' } : call,
  },
};

function withHeaders(call: Call, headers: Readonly<Record<string, string>>): Call {
  return { ...call, headers: { ...call.headers, ...headers } };
}

function withoutHeader({ headers = {}, ...call }: Call, name: string): Call {
  const { [name]: _without, ...others } = headers;
  return { ...call, headers: others };
}

/** The call with this text as its body, if it is one with a body. */
function ifBody(call: Call, text: string): Call {
  return call.body === undefined ? call : { ...call, body: new Blob([text]) };
}

/** The same call about another job. */
function onJob(call: Call, job: string): Call {
  const path = call.path.replace(/^\/v1\/jobs\/[^/?]+/, `/v1/jobs/${job}`);
  const isState = typeof call.body === 'object' && call.body !== null && 'job_id' in call.body;
  return { ...call, path, ...(isState ? { body: { ...call.body, job_id: job } } : {}) };
}
