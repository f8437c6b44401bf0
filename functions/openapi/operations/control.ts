import type { PathPlan, Plan } from './plan.ts';

const done = {
  description: 'It is done',
  schema: 'ControlDone',
  headers: ['ETag'],
} as const;

const requested = {
  description: 'Somebody holds the job, and gets the request with the answer to the next heartbeat',
  schema: 'ControlRequested',
  headers: ['ETag'],
} as const;

const BY_HOLDER =
  'At once where nobody holds the job, with `force=true`, or with the lease token of the holder, who needs the scope `work` only.';

const STOP = {
  tag: 'Control',
  description: BY_HOLDER,
  parameters: ['Force', 'LeaseToken'],
  body: { schema: 'ControlRequest', isOptional: true },
  problems: [
    'job_not_found',
    'job_id_collision',
    'job_finished',
    'lease_lost',
    'state_corrupt',
    'store_unavailable',
  ],
} as const satisfies Partial<Plan>;

export const pause: PathPlan = {
  POST: {
    ...STOP,
    id: 'pauseJob',
    summary: 'Pause a job',
    answers: { 200: done, 202: requested },
  },
};

export const cancel: PathPlan = {
  POST: {
    ...STOP,
    id: 'cancelJob',
    summary: 'Cancel a job',
    answers: { 200: done, 202: requested },
  },
};

export const fail: PathPlan = {
  POST: { ...STOP, id: 'failJob', summary: 'Fail a job', answers: { 200: done, 202: requested } },
};

export const complete: PathPlan = {
  POST: {
    ...STOP,
    id: 'completeJob',
    summary: 'Complete a job no sheet of which will run',
    description: `Its remaining sheets are skipped. It never waits for a holder. ${BY_HOLDER}`,
    body: { schema: 'EmptyRequest', isOptional: true },
    answers: { 200: done },
    problems: [...STOP.problems, 'lease_held', 'state_too_large'],
  },
};

export const resume: PathPlan = {
  POST: {
    id: 'resumeJob',
    tag: 'Control',
    summary: 'Make a stopped job claimable',
    description: 'Also a failed one. On a held job it takes back what was requested of the holder.',
    body: { schema: 'EmptyRequest', isOptional: true },
    answers: { 200: done },
    problems: [
      'job_not_found',
      'job_id_collision',
      'job_finished',
      'state_corrupt',
      'store_unavailable',
    ],
  },
};

export const bulk: PathPlan = {
  POST: {
    id: 'changeJobs',
    tag: 'Control',
    summary: 'Do the same with all jobs of a filter',
    description:
      'One call takes `limit` jobs at most: repeat it with the `cursor` of the answer until that is null. Each job is changed by the rules of the single call.',
    body: { schema: 'BulkRequest' },
    answers: { 200: { description: 'What was done', schema: 'BulkReport' } },
    problems: ['store_unavailable'],
  },
};
