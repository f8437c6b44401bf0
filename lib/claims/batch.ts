import { type Failure, fail, ok, type Result } from '../failure.ts';
import type { ReadyHint } from '../keys/ready-hint.ts';
import type { AcquireOptions } from '../protocol/grant.ts';
import type { Grant } from '../protocol/granted.ts';
import type { KeyedRequest } from '../protocol/repeat.ts';
import type { HintTaker } from '../ready/ready-queue.ts';
import { StoreError } from '../store.ts';
import type { ClaimFilter, HintedClaim } from './hinted-claim.ts';
import { createStateRoom } from './state-room.ts';

/** A claim of one job or several. */
export interface BatchOptions extends Omit<AcquireOptions, 'request' | 'jobPrefix'>, ClaimFilter {
  /** How many jobs at most, from 1. */
  readonly max: number;
  /** For each job of the claim, a request with its own lease id. Null if the caller sent no idempotency key. */
  readonly requests: readonly KeyedRequest[] | null;
  /** The states of all jobs together have at most so many bytes; null for no limit. One state is always granted. */
  readonly stateBytes: number | null;
}

interface BatchParts {
  readonly atOnce: number;
  readonly claimHinted: HintedClaim;
  /** Whether the claim may look at a job whose hint has another name. */
  readonly mayCheck: (hint: ReadyHint, filter: ClaimFilter) => boolean;
}

/** A claim skips jobs on which the store fails. After this many it takes the store itself for broken. */
const MAX_BROKEN = 5;

/**
 * Claims jobs by the hints of a taker, up to `atOnce` side by side, so that their writes share syncs. Gives the grants,
 * which are none if no job can be claimed. After a failure or an error of the store it starts no further grant, waits
 * for those that have begun, and gives what was granted: a granted job is never lost to a failure of another one. Only
 * if nothing was granted does it fail.
 */
export async function claimBatch(
  taker: HintTaker,
  options: BatchOptions,
  { atOnce, claimHinted, mayCheck }: BatchParts,
): Promise<Result<readonly Grant[]>> {
  const { max, requests, stateBytes, ...ask } = options;
  const room = createStateRoom(stateBytes);
  const granted: (Grant | undefined)[] = [];
  const errors: unknown[] = [];
  let failure: Failure | null = null;
  let isOver = false;
  let places = 0;

  /** True if the hint led to a job. */
  async function tryHint(hint: ReadyHint, place: number): Promise<boolean> {
    try {
      const request = requests?.[place] ?? null;
      const tried = await claimHinted(hint, { ...ask, request, room });
      switch (tried.kind) {
        case 'granted':
          granted[place] = tried.grant;
          taker.tried(hint, 'granted');
          return true;
        case 'repeated':
          granted[place] = tried.grant;
          taker.tried(hint, 'skipped');
          return true;
        case 'skipped':
          if (tried.until === null) taker.tried(hint, tried.isTaken ? 'taken' : 'skipped');
          else taker.delay(hint, tried.until);
          return false;
        case 'full':
          isOver = true;
          return false;
        case 'failed':
          failure ??= tried.failure;
          isOver = true;
          return false;
        default:
          return tried satisfies never;
      }
    } catch (error) {
      errors.push(error);
      if (!(error instanceof StoreError) || errors.length >= MAX_BROKEN) isOver = true;
      return false;
    }
  }

  /** Fills one place after the other, each with the next hint that leads to a job. */
  async function fillPlaces(): Promise<void> {
    while (!isOver && places < max) {
      const place = places;
      places += 1;
      let isFilled = false;
      while (!isFilled && !isOver) {
        const hint = await nextHint();
        if (hint === null) return;
        isFilled = await tryHint(hint, place);
      }
    }
  }

  async function nextHint(): Promise<ReadyHint | null> {
    try {
      return await taker.next();
    } catch (error) {
      errors.push(error);
      isOver = true;
      return null;
    }
  }

  const width = Math.min(max, atOnce);
  await Promise.all(Array.from({ length: width }, fillPlaces));
  const grants = () => granted.filter(grant => grant !== undefined);
  if (grants().length === 0 && !isOver) {
    let place = 0;
    for (const hint of taker.ofOthers()) {
      if (isOver || place === max || !mayCheck(hint, options)) break;
      taker.checked(hint);
      if (await tryHint(hint, place)) place += 1;
    }
  }
  if (grants().length > 0) return ok(grants());
  if (failure !== null) return fail(failure);
  // The jobs on which the store failed may be waiting, so the claim must not answer that no job waits.
  if (errors.length > 0) throw errors.find(error => !(error instanceof StoreError)) ?? errors[0];
  return ok([]);
}
