import type { PathPlan } from './plan.ts';

export const claims: PathPlan = {
  POST: {
    id: 'claimJobs',
    tag: 'Leases',
    summary: 'Lease the jobs that have waited longest',
    parameters: ['Prefer', 'IdempotencyKey', 'IdempotencyAttempt'],
    body: { schema: 'ClaimRequest' },
    answers: {
      201: {
        description: 'One lease, or with a `max` above 1 several',
        schema: 'ClaimAnswer',
        headers: ['Cache-Control'],
        optionalHeaders: ['ETag', 'Preference-Applied'],
      },
      204: { description: 'No job waits' },
    },
    problems: ['lease_lost', 'idempotency_key_reused', 'leases_unsupported', 'store_unavailable'],
  },
};

export const lease: PathPlan = {
  POST: {
    id: 'acquireLease',
    tag: 'Leases',
    summary: 'Lease one job',
    description: 'From a dead holder at once.',
    parameters: ['Prefer', 'IdempotencyKey', 'IdempotencyAttempt'],
    body: { schema: 'LeaseAcquisition' },
    answers: {
      201: {
        description: 'The lease with its token',
        schema: 'Grant',
        headers: ['ETag', 'Cache-Control'],
        optionalHeaders: ['Preference-Applied'],
      },
    },
    problems: [
      'job_not_found',
      'job_id_collision',
      'job_finished',
      'lease_held',
      'lease_lost',
      'idempotency_key_reused',
      'state_corrupt',
      'leases_unsupported',
      'store_unavailable',
    ],
  },
  PUT: {
    id: 'renewLease',
    tag: 'Leases',
    summary: 'Renew a lease: the heartbeat of its holder',
    parameters: ['OwnLeaseToken'],
    body: { schema: 'Heartbeat', isOptional: true },
    answers: { 200: { description: 'The lease is renewed', schema: 'HeartbeatAnswer' } },
    problems: ['lease_lost', 'leases_unsupported', 'store_unavailable'],
  },
  DELETE: {
    id: 'releaseLease',
    tag: 'Leases',
    summary: 'Release a job',
    description: 'It can be claimed again, or is completed if nothing is left to run.',
    parameters: ['OwnLeaseToken'],
    answers: { 204: { description: 'The job is released', headers: ['ETag'] } },
    problems: [
      'job_id_collision',
      'lease_lost',
      'state_corrupt',
      'leases_unsupported',
      'store_unavailable',
    ],
  },
};

export const heartbeats: PathPlan = {
  POST: {
    id: 'renewLeases',
    tag: 'Leases',
    summary: 'Renew many leases in one request',
    body: { schema: 'HeartbeatRequests' },
    answers: {
      200: {
        description: 'One answer for each heartbeat, in order, also where some leases are lost',
        schema: 'HeartbeatAnswers',
      },
    },
    problems: ['leases_unsupported'],
  },
};
