import { ok, type Result } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import { nameHashOf, type ReadyHint } from '../keys/ready-hint.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { LeaseGranting } from '../protocol/grant.ts';
import type { Grant } from '../protocol/granted.ts';
import { keyedLeaseOver, type LeaseRepeats } from '../protocol/repeat.ts';
import type { HintTaker } from '../ready/ready-queue.ts';
import { StoreError } from '../store.ts';
import { type BatchOptions, claimBatch } from './batch.ts';
import { type ClaimFilter, createHintedClaim } from './hinted-claim.ts';
import { createWaitingLine, type WaitOptions, type Waits } from './waiting-line.ts';

export interface ClaimOptions extends BatchOptions {
  /** Whether an earlier try with the same idempotency key may have been granted leases. */
  readonly isRepeat: boolean;
  /** Whether this process has granted leases to an earlier try. */
  readonly wasGranted: boolean;
  /** How the claim waits if no job waits for it. */
  readonly wait: WaitOptions;
}

/** The jobs that a claim has leased. */
export interface Claimed {
  readonly grants: readonly Grant[];
  /** How long the claim waited for a job, in milliseconds. */
  readonly waitedMs: number;
}

export interface Claims {
  /**
   * Leases the jobs that have been claimable for longest; none if no job waits. Failures: those of a grant, and those
   * of a repeated call.
   */
  claim(options: ClaimOptions): Promise<Result<Claimed>>;
  /** Reads the names of all hints, on a store that is cheap to follow. */
  warm(): Promise<void>;
  /** Answers all claims that wait, and lets no claim wait any more. */
  endWaits(): void;
}

/** How many jobs claims take. */
export interface ClaimLimits {
  /** The most jobs of one claim, whatever it asks for. */
  readonly most: number;
  /** How many grants of one claim run side by side. */
  readonly atOnce: number;
}

export const CLAIM_LIMITS: ClaimLimits = { most: 100, atOnce: 100 };

/** A claim skips a lease on which the store fails. After this many it takes the store itself for broken. */
const MAX_BROKEN = 5;
/** After an outage many leases have expired. A claim ends at most this many, and leaves the rest to the sweep. */
const MAX_DUE = 20;
/** A recovered job may have another name, or another caller may claim it first. */
const MAX_ROUNDS = 5;

export function createClaims(
  parts: ProtocolContext,
  {
    granting,
    repeats,
    waits,
    limits,
  }: {
    granting: LeaseGranting;
    repeats: LeaseRepeats;
    /** Null if claims never wait. */
    waits: Waits | null;
    limits: ClaimLimits;
  },
): Claims {
  const { store, clock, queue, expiry, deadlines } = parts;
  const claimHinted = createHintedClaim(parts, granting);
  const { atOnce } = limits;
  const { names, hintCheck } = parts.memory;
  const line =
    waits === null
      ? null
      : createWaitingLine({
          waits,
          queue,
          clock,
          traits: store.traits,
          leases: { nextEnd: () => deadlines.next(), recoverOne },
        });

  /** A job whose name is known costs one look at its version. The others must be read. */
  function mayCheck({ jobKey }: ReadyHint, { jobName }: ClaimFilter): boolean {
    const isKnown = jobName !== null && names.versionWithOtherName(jobKey, jobName) !== null;
    return isKnown || hintCheck.mayRead(clock.millis());
  }

  async function claimFrom(
    taker: HintTaker,
    options: BatchOptions,
  ): Promise<Result<readonly Grant[]>> {
    try {
      return await claimBatch(taker, options, { atOnce, claimHinted, mayCheck });
    } finally {
      taker.close();
    }
  }

  /** Recovers one job whose lease has expired, from the deadlines that this process knows, without a sweep. */
  async function recoverOne(): Promise<boolean> {
    const broken: StoreError[] = [];
    for (const leaseKey of deadlines.due(clock.now()).slice(0, MAX_DUE)) {
      deadlines.forget(leaseKey);
      try {
        if (await recover(leaseKey)) return true;
      } catch (error) {
        // The store may fail on one lease and serve the next.
        if (!(error instanceof StoreError)) throw error;
        broken.push(error);
        if (broken.length === MAX_BROKEN) throw error;
      }
    }
    const [first] = broken;
    if (first !== undefined) throw first;
    return false;
  }

  async function recover(leaseKey: string): Promise<boolean> {
    const parsed = parseLeaseKey(leaseKey);
    if (parsed === null) return false;
    const expired = await expiry.expire({ ...parsed, leaseKey });
    return expired.ok && expired.value.outcome === 'recovered';
  }

  async function findEarlier({
    requests,
    isRepeat,
    wasGranted,
    max,
    jobPrefix,
  }: ClaimOptions): Promise<Result<readonly Grant[]>> {
    const [first] = requests ?? [];
    if (requests === null || first === undefined) return ok([]);
    if (max > 1) {
      if (!isRepeat) return ok([]);
      const again = await repeats.findBatchGrants(requests, jobPrefix);
      // The leases of a key are granted once.
      return again.ok && again.value.length === 0 && wasGranted ? keyedLeaseOver(null) : again;
    }
    const found = await repeats.findClaimGrant(first, jobPrefix);
    if (!found.ok) return found;
    return ok(found.value === null ? [] : [found.value]);
  }

  return {
    async claim(asked) {
      const earlier = await findEarlier(asked);
      if (!earlier.ok) return earlier;
      if (earlier.value.length > 0) return ok({ grants: earlier.value, waitedMs: 0 });
      const options = { ...asked, max: Math.min(asked.max, limits.most) };
      const nameHash = options.jobName === null ? null : await nameHashOf(options.jobName);
      const filter = { nameHash, safePrefix: safeName(options.jobPrefix) };
      // Claims that wait come first.
      await line?.serve();
      for (let round = 1; round <= MAX_ROUNDS; round++) {
        const claimed = await claimFrom(queue.open(filter), options);
        if (!claimed.ok) return claimed;
        if (claimed.value.length > 0) return ok({ grants: claimed.value, waitedMs: 0 });
        if (!(await recoverOne())) break;
      }
      if (line === null || options.wait.ms === 0) return ok({ grants: [], waitedMs: 0 });
      const startedAtMs = clock.millis();
      const waited = await line.wait(filter, options.wait, () =>
        claimFrom(queue.openWaiting(filter), options),
      );
      if (!waited.ok) return waited;
      return ok({ grants: waited.value, waitedMs: Math.max(0, clock.millis() - startedAtMs) });
    },

    async warm() {
      if (!store.traits.labels) await queue.waiting().refresh();
    },

    endWaits() {
      line?.end();
    },
  };
}
