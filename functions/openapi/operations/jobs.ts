import type { PathPlan } from './plan.ts';

export const jobs: PathPlan = {
  GET: {
    id: 'listJobs',
    tag: 'Jobs',
    summary: 'List jobs',
    description:
      'Jobs of dead holders are shown as they are stored. Names, messages and holders are cut at 500 characters.',
    parameters: [
      'ListText',
      'ListJobName',
      'ListHolder',
      'ListStatus',
      'ListStanding',
      'ListUpdatedBefore',
      'ListOrder',
      'ListLimit',
      'ListCursor',
      'ListView',
      'IfNoneMatch',
    ],
    answers: {
      200: {
        description: 'One page. With `view=full` it has no `ETag`',
        schema: 'JobList',
        optionalHeaders: ['ETag', 'Cache-Control'],
      },
      304: {
        description: 'The list of `If-None-Match` is the current one',
        headers: ['ETag', 'Cache-Control'],
      },
    },
    problems: ['store_unavailable'],
  },
  POST: {
    id: 'createJob',
    tag: 'Jobs',
    summary: 'Create a job',
    description:
      'From a partial state: `job_id`, `job_name` and `total_sheets` are required. A job that is created as `pending` can be claimed.',
    parameters: ['Prefer', 'IdempotencyKey', 'IdempotencyAttempt'],
    body: { schema: 'CheckpointStateInput' },
    answers: {
      201: {
        description: 'The job is created. Without a body with `Prefer: return=minimal`',
        schema: 'CheckpointState',
        headers: ['ETag', 'Location'],
        optionalHeaders: ['Cache-Control', 'Preference-Applied'],
      },
    },
    problems: [
      'job_exists',
      'job_id_collision',
      'state_too_large',
      'idempotency_key_reused',
      'store_unavailable',
    ],
  },
};

export const job: PathPlan = {
  GET: {
    id: 'getJob',
    tag: 'Jobs',
    summary: 'Read the state of a job',
    description:
      'A job whose holder is dead is shown as `paused`, with the reason: nothing is written by that.',
    parameters: ['IfMatch', 'IfNoneMatch'],
    answers: {
      200: {
        description: 'The whole state',
        schema: 'CheckpointState',
        headers: ['ETag', 'Cache-Control'],
      },
      304: {
        description: 'The version of `If-None-Match` is the current one',
        headers: ['ETag', 'Cache-Control'],
      },
    },
    problems: [
      'job_not_found',
      'job_id_collision',
      'version_conflict',
      'state_corrupt',
      'store_unavailable',
    ],
  },
  PUT: {
    id: 'saveJob',
    tag: 'Jobs',
    summary: 'Save a whole state',
    description:
      'Needs `If-Match` with the version that was read, `If-Match: *` to overwrite, or `If-None-Match: *` to create.',
    parameters: ['IfMatch', 'IfAbsent', 'LeaseToken', 'Prefer'],
    body: { schema: 'CheckpointStateInput' },
    answers: {
      200: {
        description: 'The state is saved',
        schema: 'CheckpointState',
        headers: ['ETag', 'Cache-Control'],
      },
      201: {
        description: 'The job is created. Without a body with `Prefer: return=minimal`',
        schema: 'CheckpointState',
        headers: ['ETag'],
        optionalHeaders: ['Cache-Control', 'Preference-Applied'],
      },
      204: {
        description: 'The state is saved, and the request prefers an answer without it',
        headers: ['ETag', 'Preference-Applied'],
      },
    },
    problems: [
      'job_id_collision',
      'lease_held',
      'lease_lost',
      'version_conflict',
      'state_too_large',
      'precondition_required',
      'store_unavailable',
    ],
  },
  DELETE: {
    id: 'deleteJob',
    tag: 'Jobs',
    summary: 'Delete a job',
    description: 'A held job needs the token of its lease, or `force=true`.',
    parameters: ['Force', 'IfMatch', 'LeaseToken'],
    answers: { 204: { description: 'The job is deleted' } },
    problems: [
      'job_not_found',
      'job_id_collision',
      'lease_held',
      'lease_lost',
      'version_conflict',
      'store_unavailable',
    ],
  },
};

export const why: PathPlan = {
  GET: {
    id: 'getWhy',
    tag: 'Jobs',
    summary: 'Explain why a job is where it is',
    description: 'Its standing with the evidence, what happens next, and what is safe to do.',
    answers: {
      200: {
        description: 'The explanation',
        schema: 'Explanation',
        headers: ['ETag', 'Cache-Control'],
      },
    },
    problems: ['job_not_found', 'job_id_collision', 'store_unavailable'],
  },
};
