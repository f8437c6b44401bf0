import type { PathPlan } from './plan.ts';

export const sweep: PathPlan = {
  POST: {
    id: 'sweep',
    tag: 'Operations',
    summary: 'Free the jobs of dead holders now',
    description: 'One pass over the leases. The service does so by itself, too.',
    parameters: ['SweepLimit', 'SweepCursor'],
    answers: { 200: { description: 'What the pass did', schema: 'SweepReport' } },
    problems: ['leases_unsupported', 'store_unavailable'],
  },
};

export const doctor: PathPlan = {
  POST: {
    id: 'examineStore',
    tag: 'Operations',
    summary: 'Test what the store really does',
    description:
      'With keys of its own. When the store does something wrong, this process refuses leases from then on.',
    parameters: ['ListKeys'],
    answers: { 200: { description: 'What the store does', schema: 'Diagnosis' } },
  },
};

export const move: PathPlan = {
  POST: {
    id: 'move',
    tag: 'Operations',
    summary: 'Move the next leases and hints between R2 and Durable Objects',
    description:
      'For a service on Workers that was deployed with Durable Objects, or back without. Its cron trigger does so by itself, too.',
    answers: { 200: { description: 'How far the move is', schema: 'MoveAnswer' } },
  },
};

export const objects: PathPlan = {
  GET: {
    id: 'listObjects',
    tag: 'Operations',
    summary: 'List the objects of the store, for a copy',
    description:
      'On Workers with R2, whose objects in shards nothing else can open; elsewhere `not_found`. Ascending, at most 1,000 a page.',
    parameters: ['ObjectPrefix', 'ObjectAfter'],
    answers: { 200: { description: 'A page of keys', schema: 'ObjectPage' } },
    problems: ['store_unavailable'],
  },
};

export const object: PathPlan = {
  GET: {
    id: 'getObject',
    tag: 'Operations',
    summary: 'Read an object of the store, byte for byte',
    parameters: ['ObjectKey'],
    answers: {
      200: {
        description: 'The bytes, and their version',
        media: 'application/octet-stream',
        headers: ['ETag', 'Cache-Control'],
      },
      204: { description: 'Nothing is stored under this key' },
    },
    problems: ['store_unavailable'],
  },
  PUT: {
    id: 'putObject',
    tag: 'Operations',
    summary: 'Write an object of the store, byte for byte',
    description:
      'For copies: it looks at nothing but the precondition. Where that is not met nothing is written, and `version` is null.',
    parameters: ['ObjectKey', 'ObjectLabel', 'IfVersion', 'IfAbsent'],
    body: { media: 'application/octet-stream' },
    answers: { 200: { description: 'The version that is stored', schema: 'ObjectWritten' } },
    problems: ['store_unavailable'],
  },
};

export const stats: PathPlan = {
  GET: {
    id: 'getStats',
    tag: 'Operations',
    summary: 'Count jobs, and read what the service knows of itself',
    description: 'For an access token with a prefix the counts are those of its jobs.',
    answers: { 200: { description: 'The counts', schema: 'Stats', headers: ['Cache-Control'] } },
    problems: ['store_unavailable'],
  },
};

export const metrics: PathPlan = {
  GET: {
    id: 'getMetrics',
    tag: 'Operations',
    summary: 'Read what Prometheus reads',
    description: 'The counts are of all jobs, so an access token with a prefix does not get them.',
    answers: {
      200: {
        description: 'The text format of Prometheus. What it has depends on the runtime',
        media: 'text/plain',
        headers: ['Cache-Control'],
      },
    },
  },
};

export const health: PathPlan = {
  GET: {
    id: 'getHealth',
    tag: 'Operations',
    summary: 'Check that the process answers',
    answers: { 200: { description: 'The process answers', schema: 'Liveness' } },
  },
};

export const readiness: PathPlan = {
  GET: {
    id: 'getReadiness',
    tag: 'Operations',
    summary: 'Check that the store can be read and written',
    answers: { 200: { description: 'The store can be read and written', schema: 'Readiness' } },
    problems: ['store_unavailable'],
  },
};
