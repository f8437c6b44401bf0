import { awaitAll } from '../base/await-all.ts';
import type { Result } from '../failure.ts';
import type { Lease } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { type LeaseRenewal, type RenewalCall, renewalBy } from '../protocol/renew.ts';
import { StoreError } from '../store.ts';
import type { RenewalAnswer, RenewalOutcome, RenewalPort } from './renewal-port.ts';

/** Where the leases of a store are renewed that is in several places. */
export interface RenewalPlaces {
  /** The place of the leases of a job, by its safe name: a number below that of the ports. */
  readonly placeOf: (safeName: string) => number;
  readonly ports: readonly RenewalPort[];
}

/** A call of a place has no more leases. */
const MOST_AT_ONCE = 500;

/**
 * Renews each lease at its place: the leases of one place by one call. A place that fails makes the heartbeats of its own
 * leases fail, and no others.
 */
export function createRemoteRenewal(
  { placeOf, ports }: RenewalPlaces,
  {
    clock,
    availability,
    memory,
    leaseChanges,
  }: Pick<ProtocolContext, 'clock' | 'availability' | 'memory' | 'leaseChanges'>,
): LeaseRenewal {
  /** An outcome for each. Does not reject where a place fails. */
  async function renewAt(
    place: number,
    calls: readonly RenewalCall[],
  ): Promise<readonly (Result<Lease> | StoreError)[]> {
    const answer = await answerOf(place, calls);
    if (answer instanceof StoreError) {
      for (const { token } of calls) availability.recordMissedRenewal(token.leaseKey, clock.now());
      return calls.map(() => answer);
    }
    for (const seconds of answer.lateSeconds) memory.lateRenewals.add(seconds);
    return calls.map((call, index) => outcomeOf(call, answer.outcomes[index]));
  }

  async function answerOf(
    place: number,
    calls: readonly RenewalCall[],
  ): Promise<RenewalAnswer | StoreError> {
    const port = ports[place];
    if (port === undefined) throw new TypeError(`No place has the number ${place}`);
    try {
      return await port.renew(calls);
    } catch (error) {
      if (error instanceof StoreError) return error;
      throw error;
    }
  }

  function outcomeOf(
    { token }: RenewalCall,
    outcome: RenewalOutcome | undefined,
  ): Result<Lease> | StoreError {
    if (outcome?.kind === 'answered') {
      const { result } = outcome;
      if (result.ok) leaseChanges.listener?.stored(token.leaseKey, result.value);
      return result;
    }
    availability.recordMissedRenewal(token.leaseKey, clock.now());
    return new StoreError(outcome?.reason ?? `No answer came for "${token.leaseKey}"`);
  }

  /** One part after the other. */
  async function renewParts(
    place: number,
    calls: readonly RenewalCall[],
  ): Promise<readonly (Result<Lease> | StoreError)[]> {
    const outcomes: (Result<Lease> | StoreError)[] = [];
    for (let from = 0; from < calls.length; from += MOST_AT_ONCE) {
      outcomes.push(...(await renewAt(place, calls.slice(from, from + MOST_AT_ONCE))));
    }
    return outcomes;
  }

  async function renewAll(
    calls: readonly RenewalCall[],
  ): Promise<readonly (Result<Lease> | StoreError)[]> {
    const places = Map.groupBy(calls, ({ token }) => placeOf(token.safeName));
    const renewed = await awaitAll(
      [...places].map(async ([place, own]) => ({ own, outcomes: await renewParts(place, own) })),
    );
    const found = new Map(
      renewed.flatMap(({ own, outcomes }) =>
        own.map((call, index) => [call, outcomes[index]] as const),
      ),
    );
    return calls.map(call => {
      const outcome = found.get(call);
      if (outcome === undefined) throw new TypeError('A renewal has no outcome');
      return outcome;
    });
  }

  return renewalBy(renewAll);
}
