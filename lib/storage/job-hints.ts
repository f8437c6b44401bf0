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
  isPast,
  placeOf,
  type Readiness,
} from '../lease/hint-rules.ts';
import { waitingSinceOf, withWaitingSince } from '../lease/job-lease.ts';
import type { ReadyQueue } from '../ready/ready-queue.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../store.ts';
import type { SidecarWrite } from './commit/sidecar-write.ts';
import type { HintMemory } from './hint-memory.ts';

/** How a change of a job changes its hint. */
export interface HintPlan {
  /** The state to write. It names the job's place in the queue if nothing else does. */
  readonly state: CheckpointState;
  /** The hint to write before the change, null for none. */
  readonly adds: string | null;
  /** The hints to delete after the change. */
  readonly deletes: readonly string[];
  /** The hint of the job after the change, null if none is known. */
  readonly hintAfter: string | null;
}

/** Writes and deletes the hints of jobs. */
export interface JobHints {
  /** `after` is the state to store. Reads from the store only if a waiting job stays paused or is renamed. */
  plan(change: {
    readonly before: CheckpointState | null;
    readonly after: CheckpointState;
    readonly readiness: Readiness;
  }): Promise<HintPlan>;
  /** What a plan writes: the hint before the change, and the deletions after it. */
  writesOf(plan: Pick<HintPlan, 'adds' | 'deletes'>): readonly SidecarWrite[];
  add(key: string): Promise<void>;
  /** Deletes a hint. If the store fails, the hint stays, and the claim that reads it deletes it. */
  drop(key: string): Promise<void>;
  /** The probable key of the hint of a waiting job. Does not read from the store. */
  keyOf(state: CheckpointState): Promise<string>;
  /** Notes the hint of a job in a state that is not stored yet. */
  expect(state: CheckpointState, key: string): void;
  /** Records the hint of a job in this state. */
  record(state: CheckpointState, key: string): void;
  /** The hint by which the job may be claimed, null if it has none. Costs one `head` in nearly all cases. */
  find(state: CheckpointState): Promise<ReadyHint | null>;
}

const EMPTY = new Uint8Array();
/** How many hints a change lists at most to find one whose key does not follow from the state. */
const MAX_SEARCHED = 10_000;

export function createJobHints({
  store,
  memory,
  queue,
}: {
  store: ObjectStore;
  memory: HintMemory;
  queue: Pick<ReadyQueue, 'removed'>;
}): JobHints {
  const expected = new WeakMap<CheckpointState, string>();

  async function announced(state: CheckpointState, since: Timestamp): Promise<string> {
    const { job_id: jobId, job_name: jobName } = state;
    return hintKey({ jobId, nameHash: await nameHashOf(jobName), since, changeAt: since });
  }

  async function keyOf(state: CheckpointState): Promise<string> {
    const known = memory.recall(jobKey(state.job_id), state.updated_at);
    return expected.get(state) ?? known ?? announced(state, placeOf(state));
  }

  async function find(
    state: CheckpointState,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<ReadyHint | 'not-found' | null> {
    if (!canHaveHint(state)) return null;
    const place = placeOf(state);
    const named = await announced(state, place);
    const likely = new Set([await keyOf(state), named, namelessKey(state.job_id, place)]);
    for (const key of likely) {
      const hint = parseReadyKey(key);
      // Another program may have paused a job whose hint has the place of an earlier change.
      if (hint === null || hintStatus(hint, state) !== 'claimable') continue;
      if ((await store.head(key)) !== null) return hint;
    }
    if (state.status === 'pending') return search(state, { prefix: READY_KEYS, limit });
    // Only a renamed job has another hint at its place: its state names the place, if the service has renamed it. In a
    // folder another program may have.
    if (waitingSinceOf(state) === null && store.traits.labels) return null;
    return search(state, { prefix: placePrefix(place), limit });
  }

  async function search(
    state: CheckpointState,
    { prefix, limit }: { readonly prefix: string; readonly limit: number },
  ): Promise<ReadyHint | 'not-found' | null> {
    const key = jobKey(state.job_id);
    // A hint for a change that is not written is the hint of the job only if it has no other.
    let ahead: ReadyHint | null = null;
    let searched = 0;
    for await (const entry of store.list(prefix, prefix, { labels: false })) {
      const hint = parseReadyKey(entry.key);
      if (hint?.jobKey === key && hintStatus(hint, state) === 'claimable') {
        if (isPast(hint, state)) return hint;
        ahead ??= hint;
      }
      searched += 1;
      if (searched === limit) return ahead ?? 'not-found';
    }
    return ahead;
  }

  /** A job that stays waiting keeps its place. */
  async function planCarry(before: CheckpointState, after: CheckpointState): Promise<HintPlan> {
    const isRenamed = before.job_name !== after.job_name;
    const place = waitingSinceOf(before);
    const isKnown = after.status === 'pending' || place !== null;
    if (isKnown && !isRenamed) {
      const state = place === null ? after : withWaitingSince(after, place);
      return { state, adds: null, deletes: [], hintAfter: await keyOf(before) };
    }
    const found = await find(before, MAX_SEARCHED);
    // A hint may exist further down the list, and stays. The job also gets a new hint, at a new place.
    if (found === 'not-found') return { ...(await planAnnounce(after)), deletes: [] };
    const since = found === null ? null : sinceOf(found);
    if (found === null || since === null) return planNone(after, []);
    const state = after.status === 'paused' ? withWaitingSince(after, placeOf(before)) : after;
    // A hint without a name hash matches the new name as well.
    if (!isRenamed || found.nameHash === null) {
      return { state, adds: null, deletes: [], hintAfter: found.key };
    }
    const { job_id: jobId, job_name: jobName, updated_at: changeAt } = after;
    const adds = hintKey({ jobId, nameHash: await nameHashOf(jobName), since, changeAt });
    // The hint of a change that is not written yet stays: that change, or one at the same time, may need it.
    const deletes = isPast(found, before) ? [found.key] : [];
    return { state, adds, deletes, hintAfter: adds };
  }

  async function planAnnounce(after: CheckpointState): Promise<Omit<HintPlan, 'deletes'>> {
    const adds = await announced(after, after.updated_at);
    return { state: withWaitingSince(after, null), adds, hintAfter: adds };
  }

  /*
   * The put is idempotent, so it is simply repeated after a lost answer. It need not be durable before the job is: a hint
   * without its job is removed, and a durable job has its hint.
   */
  async function add(key: string): Promise<void> {
    try {
      await store.put(key, EMPTY, UNCONDITIONAL, undefined, 'ordered');
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await store.put(key, EMPTY, UNCONDITIONAL, undefined, 'ordered');
    }
  }

  /** A deletion that a crash undoes leaves a stale hint. */
  async function drop(key: string): Promise<void> {
    try {
      await store.delete(key, UNCONDITIONAL, 'ordered');
      queue.removed(key);
    } catch (error) {
      // The change has happened. The hint is stale, and the claim that reads it removes it.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  function addition(key: string): SidecarWrite {
    return {
      write: { kind: 'put', key, body: EMPTY, isNew: false },
      alone: { when: 'before', run: () => add(key) },
    };
  }

  function deletion(key: string): SidecarWrite {
    return {
      write: { kind: 'delete', key },
      written: () => queue.removed(key),
      alone: { when: 'after', run: () => drop(key) },
    };
  }

  return {
    keyOf,
    writesOf: ({ adds, deletes }) => [
      ...(adds === null ? [] : [addition(adds)]),
      ...deletes.map(deletion),
    ],

    async find(state) {
      const found = await find(state);
      return found === 'not-found' ? null : found;
    },

    async plan({ before, after, readiness }) {
      // Only claims use hints, and a store without compare-and-swap has no claims.
      if (!store.traits.compareAndSwap) return planNone(after, []);
      const asked = hintActionFor(before, after, readiness);
      if (asked === 'keep' && before !== null) return planCarry(before, after);
      const deletes = before !== null && canHaveHint(before) ? [await keyOf(before)] : [];
      if (asked === 'announce') return { ...(await planAnnounce(after)), deletes };
      // An earlier change that failed may have written a hint with the same time.
      if (readiness === 'withhold') deletes.push(await announced(after, after.updated_at));
      return planNone(after, deletes);
    },

    add,
    drop,

    expect(state, key) {
      expected.set(state, key);
    },

    record(state, key) {
      memory.record(jobKey(state.job_id), state.updated_at, key);
    },
  };
}

function planNone(after: CheckpointState, deletes: readonly string[]): HintPlan {
  return { state: withWaitingSince(after, null), adds: null, deletes, hintAfter: null };
}
