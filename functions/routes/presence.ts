import { checkPart } from '../../lib/checkpoint/codec.ts';
import type { Result } from '../../lib/failure.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import type { Presence } from '../../lib/presence/presence.ts';
import type { PresenceEvent } from '../../lib/presence/presence-event.ts';
import type { PresenceStream } from '../../lib/presence/presence-stream.ts';
import { StoreError } from '../../lib/store.ts';
import type { HttpContext } from '../http/env.ts';
import { createEventStream, eventText } from '../http/event-stream.ts';
import { isClientGone } from '../http/idempotency.ts';
import { failedItem, type ItemAnswer, readItemToken, refusal } from '../http/item-answer.ts';
import { checkLeaseSupport, LeaseToken } from '../http/lease-request.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
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
import { answer, jsonResponse } from '../http/response.ts';
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
    const { leases } = c.env;
    const { connection, isUnreachable, disconnect } = c.env;
    const events = createEventStream(event => textOf(event, leases.now()), {
      onClosed: () => end('closed'),
      isUnreachable: () => isUnreachable?.(connection) ?? false,
      disconnect: () => disconnect?.(connection),
    });
    const opened = presence.open({
      owner: ownerOf(c),
      graceMs: body.grace_ms ?? null,
      sink: events,
      onEnd: streamEndLog(c),
    });
    if (!opened.ok) return problem(c, opened.failure);
    const stream = opened.value;

    function end(reason: 'closed' | 'failed'): void {
      if (opened.ok) presence.end(opened.value, reason);
    }

    try {
      presence.begin(stream, await add(c, { presence, stream, tokens: body.tokens }));
    } catch (error) {
      end('failed');
      throw error;
    }
    if (isClientGone(c)) end('closed');
    // The stream has its own limits: an open one is no request in flight.
    c.get('ticket')?.leave();
    return answer(c, events.body, { status: 200, headers: STREAM_HEADERS });
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
  switch (event.type) {
    case 'open': {
      const { id, graceMs, pingMs, silentMs, answers } = event;
      const timing = { grace_ms: graceMs, ping_ms: pingMs, silent_ms: silentMs };
      return eventText('open', { id, ...timing, leases: answers, server_time: now });
    }
    case 'ping':
      return eventText('ping', { server_time: now });
    case 'renewed': {
      const leases = event.leases.map(({ leaseId, expiresAt }) => ({
        lease_id: leaseId,
        expires_at: expiresAt,
      }));
      return eventText('renewed', { leases, server_time: now });
    }
    case 'request': {
      const { jobId, leaseId, requested, message } = event;
      const said = message === null ? {} : { request_message: message };
      return eventText('request', { job_id: jobId, lease_id: leaseId, requested, ...said });
    }
    case 'lease_lost':
      return eventText('lease_lost', { lease_id: event.leaseId });
    case 'closing':
      return eventText('closing', { reason: event.reason });
    default:
      return event satisfies never;
  }
}
