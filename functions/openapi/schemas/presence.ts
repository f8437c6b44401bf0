import * as z from 'zod';
import { LeaseAnswer } from './leases.ts';
import { Instant, JobId, Requested } from './values.ts';

const milliseconds = z.int().min(0);

export const PresenceAnswer = z.object({
  leases: z.array(LeaseAnswer).meta({ description: 'One answer for each added token, in order' }),
  server_time: Instant,
});

const LeaseId = z.string().meta({ description: 'The id of the lease, which is in its token' });

function event<Name extends string, Data extends z.ZodType>(name: Name, data: Data) {
  return z.object({ event: z.literal(name), data });
}

/** Where the events of a stream come over a WebSocket. */
export const PresenceSocket = z.object({
  socket: z.string().meta({
    description:
      'The path of the WebSocket on this service. It is a secret, good for one connection',
  }),
  expires_in_ms: milliseconds.meta({ description: 'The connection must come within this time' }),
  server_time: Instant,
});

/** One event of a presence stream: its name, and its data as JSON. */
export const PresenceEvent = z
  .discriminatedUnion('event', [
    event(
      'open',
      z.object({
        id: z.string().meta({ description: 'The id of the stream, for `PUT /v1/presence/{id}`' }),
        grace_ms: milliseconds,
        ping_ms: milliseconds,
        silent_ms: milliseconds,
        leases: z.array(LeaseAnswer),
        server_time: Instant,
      }),
    ),
    event('ping', z.object({ server_time: Instant })),
    event(
      'renewed',
      z.object({
        leases: z.array(z.object({ lease_id: LeaseId, expires_at: Instant })),
        server_time: Instant,
      }),
    ),
    event(
      'request',
      z.object({
        job_id: JobId,
        lease_id: LeaseId,
        requested: Requested,
        request_message: z.string().exactOptional(),
      }),
    ),
    event('lease_lost', z.object({ lease_id: LeaseId })),
    event(
      'closing',
      z.object({
        reason: z.enum(['closed', 'silent', 'unreachable', 'slow', 'stopping', 'failed']),
      }),
    ),
  ])
  .meta({
    description:
      'One event of the stream: the name after `event:`, the JSON after `data:`. Over a WebSocket it is one message',
  });
