import type { PathPlan } from './plan.ts';

export const nextSheet: PathPlan = {
  GET: {
    id: 'getNextSheet',
    tag: 'Sheets',
    summary: 'Read which sheet is next',
    answers: {
      200: {
        description:
          'Where the job continues. An unknown job begins with sheet 1, and has no version',
        schema: 'NextSheet',
        optionalHeaders: ['ETag'],
      },
    },
    problems: ['job_id_collision', 'state_corrupt', 'store_unavailable'],
  },
};

export const sheet: PathPlan = {
  PUT: {
    id: 'updateSheet',
    tag: 'Sheets',
    summary: 'Update one sheet',
    description:
      'The same call again changes nothing. The update after which every sheet is completed or skipped completes the job and ends its lease.',
    parameters: ['IfMatch', 'IfAbsent', 'LeaseToken'],
    body: { schema: 'SheetUpdate' },
    answers: {
      200: {
        description: 'The sheet has this status',
        schema: 'UpdateAnswer',
        headers: ['ETag'],
      },
    },
    problems: [
      'job_not_found',
      'job_id_collision',
      'lease_held',
      'lease_lost',
      'version_conflict',
      'state_too_large',
      'state_corrupt',
      'store_unavailable',
    ],
  },
};

export const updates: PathPlan = {
  POST: {
    id: 'updateSheets',
    tag: 'Sheets',
    summary: 'Update sheets of several held jobs',
    description:
      'Updates of one job are decided in their order. One that is refused does not stop the others.',
    body: { schema: 'UpdateRequests' },
    answers: {
      200: { description: 'One answer for each update, in order', schema: 'UpdateAnswers' },
    },
    problems: ['leases_unsupported'],
  },
};
