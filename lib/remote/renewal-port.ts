import type { Result } from '../failure.ts';
import type { Lease } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createLeaseRenewal, type RenewalCall } from '../protocol/renew.ts';
import { StoreError } from '../store.ts';

/**
 * Renews leases where their objects are. Arguments and answers are plain data, so that a remote call can carry them. It
 * may be repeated: a renewal more does no harm.
 */
export interface RenewalPort {
  /** An outcome for each, in order. Rejects with a `StoreError` if no answer came: then it is unknown what was renewed. */
  renew(calls: readonly RenewalCall[]): Promise<RenewalAnswer>;
}

export interface RenewalAnswer {
  readonly outcomes: readonly RenewalOutcome[];
  /** By how much the renewals came too late that were accepted all the same. */
  readonly lateSeconds: readonly number[];
}

export type RenewalOutcome =
  | { readonly kind: 'answered'; readonly result: Result<Lease> }
  /** The store failed on this lease. */
  | { readonly kind: 'failed'; readonly reason: string };

/** The port of a store that is at hand. The caller counts the late renewals. */
export function createRenewalPort(context: ProtocolContext): RenewalPort {
  return {
    async renew(calls) {
      const lateSeconds: number[] = [];
      const lateRenewals = {
        ...context.memory.lateRenewals,
        add: (seconds: number) => void lateSeconds.push(seconds),
      };
      const renewal = createLeaseRenewal({
        ...context,
        memory: { ...context.memory, lateRenewals },
      });
      const outcomes = await renewal.renewAll(calls);
      return { outcomes: outcomes.map(outcomeOf), lateSeconds };
    },
  };
}

function outcomeOf(renewed: Result<Lease> | StoreError): RenewalOutcome {
  if (renewed instanceof StoreError) return { kind: 'failed', reason: renewed.message };
  return { kind: 'answered', result: renewed };
}
