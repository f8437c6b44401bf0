import type * as z from 'zod';
import { checkPart } from '../../lib/checkpoint/codec.ts';
import type { Result } from '../../lib/failure.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import type { Presence } from '../../lib/presence/presence.ts';
import type { PresenceEvent, PresenceSink } from '../../lib/presence/presence-event.ts';
import type { PresenceStream } from '../../lib/presence/presence-stream.ts';
import { StoreError } from '../../lib/store.ts';
import type { HttpContext } from '../http/env.ts';
import { createEventStream, eventText } from '../http/event-stream.ts';
import { isClientGone } from '../http/idempotency.ts';
import { failedItem, type ItemAnswer, readItemToken, refusal } from '../http/item-answer.ts';
import { checkLeaseSupport, LeaseToken } from '../http/lease-request.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
import { wireEventOf } from '../http/presence/events.ts';
import { placeOf } from '../http/presence/places.ts';
import {
  ownerOf,
  PRESENCE_BODY_BYTES,
  PresenceBody,
  PresenceChange,
  readPresence,
} from '../http/presence-request.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody, optionalJsonBody } from '../http/request-body.ts';
import { streamEndLog } from '../http/request-log.ts';
import { readStreamId } from '../http/request-params.ts';
import { type Answer, answer, jsonResponse } from '../http/response.ts';
import type { PresenceSockets } from '../services/presence-sockets.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** No proxy may hold the events back, and none may change them. */
const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

/**
 * `/v1/presence`: a stream of events. While it is open the service renews the leases of its tokens. `PUT` confirms
 * that the worker is there, and adds and removes tokens.
 */
export function presenceRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/presence', async c => {
    const request = await readRequest(c, {
      presence: readPresence,
      support: checkLeaseSupport,
      body: jsonBody(PresenceBody, PRESENCE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const { presence, body } = request.value;
    const { sockets } = c.env;
    const answered = { presence, body };
    return sockets === undefined ? openStream(c, answered) : openSocket(c, sockets, answered);
  });

  routes.put('/v1/presence/:id', async c => {
    const request = await readRequest(c, {
      presence: readPresence,
      support: checkLeaseSupport,
      body: optionalJsonBody(PresenceChange, PRESENCE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const { presence, body } = request.value;
    const found = presence.find(readStreamId(c), ownerOf(c));
    if (!found.ok) return problem(c, found.failure);
    const stream = found.value;
    presence.confirm(stream);
    for (const [index, sent] of body.remove.entries()) {
      const token = await readSent(c, sent, `/remove/${index}`);
      if (token.ok) presence.remove(stream, token.value);
    }
    const answers = await add(c, { presence, stream, tokens: body.tokens });
    c.set('isRoutine', body.tokens.length + body.remove.length === 0);
    return jsonResponse(c, { leases: answers, server_time: c.env.leases.now() });
  });

  return routes;
}

interface Opening {
  readonly presence: Presence;
  readonly body: z.infer<typeof PresenceBody>;
}

/** The answer goes on with the events. */
async function openStream(c: HttpContext, opening: Opening): Promise<Answer> {
  const { leases, connection, isUnreachable, disconnect } = c.env;
  const events = createEventStream(event => textOf(event, leases.now()), {
    onClosed: () => {
      if (opened.ok) opening.presence.end(opened.value, 'closed');
    },
    isUnreachable: () => isUnreachable?.(connection) ?? false,
    disconnect: () => disconnect?.(connection),
  });
  const opened = openOn(c, events, opening);
  if (!opened.ok) return problem(c, opened.failure);
  await begin(c, opened.value, opening);
  if (isClientGone(c)) opening.presence.end(opened.value, 'closed');
  // The stream has its own limits: an open one is no request in flight.
  c.get('ticket')?.leave();
  return answer(c, events.body, { status: 200, headers: STREAM_HEADERS });
}

/** The answer says where to connect for the events. */
async function openSocket(
  c: HttpContext,
  sockets: PresenceSockets,
  opening: Opening,
): Promise<Answer> {
  const prepared = sockets.prepare(placeOf(c));
  const opened = openOn(c, prepared.sink, opening);
  if (!opened.ok) return problem(c, opened.failure);
  await begin(c, opened.value, opening);
  const { path, expiresInMs } = prepared.admit(opened.value);
  const admitted = { socket: path, expires_in_ms: expiresInMs, server_time: c.env.leases.now() };
  return jsonResponse(c, admitted, { status: 201, headers: { 'Cache-Control': 'no-store' } });
}

function openOn(
  c: HttpContext,
  sink: PresenceSink,
  { presence, body }: Opening,
): Result<PresenceStream> {
  const graceMs = body.grace_ms ?? null;
  return presence.open({ owner: ownerOf(c), graceMs, sink, onEnd: streamEndLog(c) });
}

async function begin(
  c: HttpContext,
  stream: PresenceStream,
  { presence, body }: Opening,
): Promise<void> {
  try {
    presence.begin(stream, await add(c, { presence, stream, tokens: body.tokens }));
  } catch (error) {
    presence.end(stream, 'failed');
    throw error;
  }
}

interface Addition {
  readonly presence: Presence;
  readonly stream: PresenceStream;
  readonly tokens: readonly unknown[];
}

/** The answers to the tokens, in their order, like those to heartbeats. */
function add(c: HttpContext, { presence, stream, tokens }: Addition): Promise<ItemAnswer[]> {
  return Promise.all(
    tokens.map(async (sent, index) => {
      const token = await readSent(c, sent, `/tokens/${index}`);
      if (!token.ok) return refusal(token.failure);
      try {
        const added = await presence.add(stream, token.value);
        if (!added.ok) return refusal(added.failure);
        const lease = added.value;
        const { server_time: _once, ...pace } = pacing(lease, c.env.leases.now());
        return { ok: true, lease: leaseJson(lease), requested: lease.requested, ...pace };
      } catch (error) {
        // The other leases are kept where the store fails on this one.
        if (!(error instanceof StoreError)) throw error;
        return failedItem(c, error);
      }
    }),
  );
}

async function readSent(
  c: HttpContext,
  sent: unknown,
  path: string,
): Promise<Result<PresentedToken>> {
  const text = checkPart(sent, LeaseToken, path);
  if (!text.ok) return text;
  return readItemToken(c, text.value, path);
}

function textOf(event: PresenceEvent, now: string): string {
  const { name, data } = wireEventOf(event, now);
  return eventText(name, data);
}
