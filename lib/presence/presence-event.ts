import type { Timestamp } from '../base/timestamp.ts';
import type { LeaseRequest } from '../lease/lease.ts';

/** What a stream sends to a worker. `leaseId` is the id in the lease token. */
export type PresenceEvent =
  /** The first event. The leases are those of the request, in its order. */
  | {
      readonly type: 'open';
      readonly id: string;
      readonly graceMs: number;
      readonly pingMs: number;
      readonly silentMs: number;
      readonly answers: readonly unknown[];
    }
  /** The worker confirms each, so that both sides know that the other one is there. */
  | { readonly type: 'ping' }
  /** The service has renewed these leases. */
  | {
      readonly type: 'renewed';
      readonly leases: readonly { readonly leaseId: string; readonly expiresAt: Timestamp }[];
    }
  /** An operator requests something of the holder, or withdraws it: null. */
  | {
      readonly type: 'request';
      readonly jobId: string;
      readonly leaseId: string;
      readonly requested: LeaseRequest | null;
      readonly message: string | null;
    }
  /** The lease is over: it was released, taken or ended. The stream does not renew it any more. */
  | { readonly type: 'lease_lost'; readonly leaseId: string }
  /** The last event: the service ends the stream. The worker must renew its leases by heartbeats. */
  | { readonly type: 'closing'; readonly reason: EndReason };

/**
 * Why a stream has ended. `closed`: the connection broke, or the worker closed it. `silent`: the worker confirmed no
 * ping in time. `unreachable`: nor did its machine acknowledge one. `slow`: it did not read. `stopping`: the service stops. `failed`: an error of the service.
 */
export type EndReason = 'closed' | 'silent' | 'unreachable' | 'slow' | 'stopping' | 'failed';

/** Where the events of a stream go. */
export interface PresenceSink {
  /** False if the reader is too slow, or gone. */
  send(event: PresenceEvent): boolean;
  /** Whether the machine of the reader acknowledges nothing any more; false where that is not known. */
  isUnreachable(): boolean;
  /** Ends the response, if it has not ended. */
  end(): void;
}
