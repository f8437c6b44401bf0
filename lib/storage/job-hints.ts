import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { jobKey } from '../keys/job-id.ts';
import {
  hintKey,
  nameHashOf,
  namelessKey,
  parseReadyKey,
  placePrefix,
  READY_KEYS,
  type ReadyHint,
  sinceOf,
} from '../keys/ready-hint.ts';
import {
  canHaveHint,
  hintActionFor,
  hintStatus,
  placeOf,
  type Readiness,
} from '../lease/hint-rules.ts';
import { waitingSinceOf, withWaitingSince } from '../lease/job-lease.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../store.ts';
import type { HintMemory } from './hint-memory.ts';

/** What a change of a job means for its hint. */
export interface HintPlan {
  /** The state to be written: it names the job's place in the queue where nothing else does. */
  readonly state: CheckpointState;
  /** The hint to be written before the change, null for none. */
  readonly adds: string | null;
  /** The hints to be deleted after it. */
  readonly drops: readonly string[];
  /** The hint that the job has after it, as far as is known. */
  readonly stands: string | null;
}

/** The hints of jobs, as the changes of jobs write and delete them. */
export interface JobHints {
  /** `after` is the state as it is to be stored. Asks the store only where a paused job goes on waiting. */
  plan(change: {
    readonly before: CheckpointState | null;
    readonly after: CheckpointState;
    readonly readiness: Readiness;
  }): Promise<HintPlan>;
  add(key: string): Promise<void>;
  /** Deletes a hint; where the store fails on it, it is left for the claim that comes by it. */
  drop(key: string): Promise<void>;
  /** The key of the hint of a waiting job, as far as it is known without asking the store. */
  keyOf(state: CheckpointState): Promise<string>;
  /** The hint of this state of its job is this one. */
  saw(state: CheckpointState, key: string): void;
  /** The hint by which the job may be claimed, null where it has none. Nearly always one look at the store. */
  find(state: CheckpointState): Promise<ReadyHint | null>;
}

const EMPTY = new Uint8Array();
/** A change looks through no more hints than these for one that its state does not tell. */
const MAX_SEARCHED = 10_000;

export function createJobHints({
  store,
  memory,
}: {
  store: ObjectStore;
  memory: HintMemory;
}): JobHints {
  async function announced(state: CheckpointState, since: Timestamp): Promise<string> {
    const { job_id: jobId, job_name: jobName } = state;
    return hintKey({ jobId, nameHash: await nameHashOf(jobName), since, changeAt: since });
  }

  async function keyOf(state: CheckpointState): Promise<string> {
    const known = memory.recall(jobKey(state.job_id), state.updated_at);
    return known ?? announced(state, placeOf(state));
  }

  async function find(
    state: CheckpointState,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<ReadyHint | 'not-found' | null> {
    const place = placeOf(state);
    const named = await announced(state, place);
    const likely = new Set([await keyOf(state), named, namelessKey(state.job_id, place)]);
    for (const key of likely) {
      if ((await store.head(key)) !== null) return parseReadyKey(key);
      // One look is enough for a job that does not wait.
      if (!canHaveHint(state)) return null;
    }
    if (state.status === 'pending') return search(state, { prefix: READY_KEYS, limit });
    // The state of a paused job tells its place, and only one that was renamed has another hint there.
    if (waitingSinceOf(state) === null) return null;
    return search(state, { prefix: placePrefix(place), limit });
  }

  async function search(
    state: CheckpointState,
    { prefix, limit }: { readonly prefix: string; readonly limit: number },
  ): Promise<ReadyHint | 'not-found' | null> {
    const key = jobKey(state.job_id);
    let searched = 0;
    for await (const entry of store.list(prefix, prefix, { labels: false })) {
      const hint = parseReadyKey(entry.key);
      if (hint?.jobKey === key && hintStatus(hint, state) === 'claimable') return hint;
      searched += 1;
      if (searched === limit) return 'not-found';
    }
    return null;
  }

  /** A job that goes on waiting keeps its place. */
  async function carried(before: CheckpointState, after: CheckpointState): Promise<HintPlan> {
    const isRenamed = before.job_name !== after.job_name;
    const place = waitingSinceOf(before);
    const isKnown = after.status === 'pending' || place !== null;
    if (isKnown && !isRenamed) {
      const state = place === null ? after : withWaitingSince(after, place);
      return { state, adds: null, drops: [], stands: await keyOf(before) };
    }
    const found = await find(before, MAX_SEARCHED);
    // It may have one behind so many others, and keeps that; by its new name it waits from now on.
    if (found === 'not-found') return { ...(await announcing(after)), drops: [] };
    const since = found === null ? null : sinceOf(found);
    if (found === null || since === null) return none(after, []);
    const state = after.status === 'paused' ? withWaitingSince(after, placeOf(before)) : after;
    // A hint without a name fits the new one as well.
    if (!isRenamed || found.nameHash === null) {
      return { state, adds: null, drops: [], stands: found.key };
    }
    const { job_id: jobId, job_name: jobName, updated_at: changeAt } = after;
    const adds = hintKey({ jobId, nameHash: await nameHashOf(jobName), since, changeAt });
    return { state, adds, drops: [found.key], stands: adds };
  }

  async function announcing(after: CheckpointState): Promise<Omit<HintPlan, 'drops'>> {
    const adds = await announced(after, after.updated_at);
    return { state: withWaitingSince(after, null), adds, stands: adds };
  }

  return {
    keyOf,

    async find(state) {
      const found = await find(state);
      return found === 'not-found' ? null : found;
    },

    async plan({ before, after, readiness }) {
      // Hints are of use to claims alone, and a store without compare-and-swap has none.
      if (!store.traits.compareAndSwap) return none(after, []);
      const asked = hintActionFor(before, after, readiness);
      if (asked === 'keep' && before !== null) return carried(before, after);
      const drops = before !== null && canHaveHint(before) ? [await keyOf(before)] : [];
      if (asked === 'announce') return { ...(await announcing(after)), drops };
      // A change that came to nothing may have announced this very time.
      if (readiness === 'withhold') drops.push(await announced(after, after.updated_at));
      return none(after, drops);
    },

    /** To write it twice is to write it once: a lost answer is no reason to give up. */
    async add(key) {
      try {
        await store.put(key, EMPTY, UNCONDITIONAL);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        await store.put(key, EMPTY, UNCONDITIONAL);
      }
    },

    async drop(key) {
      try {
        await store.delete(key, UNCONDITIONAL);
      } catch (error) {
        // The change has happened. A hint may be stale: the claim that meets it removes it.
        if (!(error instanceof StoreError)) throw error;
      }
    },

    saw(state, key) {
      memory.saw(jobKey(state.job_id), state.updated_at, key);
    },
  };
}

function none(after: CheckpointState, drops: readonly string[]): HintPlan {
  return { state: withWaitingSince(after, null), adds: null, drops, stands: null };
}
