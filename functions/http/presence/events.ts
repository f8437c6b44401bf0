import type { PresenceEvent } from '../../../lib/presence/presence-event.ts';

export interface WireEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The name and the data of an event, as a stream sends them. */
export function wireEventOf(event: PresenceEvent, now: string): WireEvent {
  switch (event.type) {
    case 'open': {
      const { id, graceMs, pingMs, silentMs, answers } = event;
      const timing = { grace_ms: graceMs, ping_ms: pingMs, silent_ms: silentMs };
      return named('open', { id, ...timing, leases: answers, server_time: now });
    }
    case 'ping':
      return named('ping', { server_time: now });
    case 'renewed': {
      const leases = event.leases.map(({ leaseId, expiresAt }) => ({
        lease_id: leaseId,
        expires_at: expiresAt,
      }));
      return named('renewed', { leases, server_time: now });
    }
    case 'request': {
      const { jobId, leaseId, requested, message } = event;
      const said = message === null ? {} : { request_message: message };
      return named('request', { job_id: jobId, lease_id: leaseId, requested, ...said });
    }
    case 'lease_lost':
      return named('lease_lost', { lease_id: event.leaseId });
    case 'closing':
      return named('closing', { reason: event.reason });
    default:
      return event satisfies never;
  }
}

function named(name: string, data: WireEvent['data']): WireEvent {
  return { name, data };
}
