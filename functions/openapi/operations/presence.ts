import type { PathPlan } from './plan.ts';

export const streams: PathPlan = {
  POST: {
    id: 'openPresence',
    tag: 'Presence',
    summary: 'Open a stream of events that keeps leases',
    description:
      'While it is open, the service renews the leases of its tokens. Confirm each `ping` by `PUT /v1/presence/{id}`. When the connection breaks, the leases end after the grace.',
    body: { schema: 'PresenceRequest' },
    answers: {
      200: {
        description: 'Server-sent events. The first one is `open`, the last one `closing`',
        schema: 'PresenceEvent',
        media: 'text/event-stream',
        headers: ['Cache-Control', 'X-Accel-Buffering'],
      },
      201: {
        description:
          'On Cloudflare Workers: connect to this path by WebSocket. Each message is `{"event", "data"}`; the worker sends `ping` and gets `pong`',
        schema: 'PresenceSocket',
        headers: ['Cache-Control'],
      },
    },
    problems: ['leases_unsupported', 'presence_unsupported'],
  },
};

export const stream: PathPlan = {
  PUT: {
    id: 'changePresence',
    tag: 'Presence',
    summary: 'Confirm a ping of a stream, add and remove leases',
    body: { schema: 'PresenceChange', isOptional: true },
    answers: {
      200: { description: 'One answer for each added token, in order', schema: 'PresenceAnswer' },
    },
    problems: ['presence_not_found', 'leases_unsupported', 'presence_unsupported'],
  },
};
