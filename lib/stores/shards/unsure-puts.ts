import type { Version } from '../../store.ts';
import type { ShardStep, StepOutcome } from '../shard-port.ts';

/** An ordered put that the shard may still have in memory alone. */
export interface UnsurePut {
  readonly key: string;
  readonly version: Version;
  /** The start of the shard that answered it. Undefined for a shard of an earlier version. */
  readonly instance: string | undefined;
}

/** What one process has put in order into one shard, until an announcement makes it durable or finds out that it is lost. */
export interface UnsurePuts {
  /** Those before these steps. What the steps write again is none any more. */
  before(steps: readonly ShardStep[]): readonly UnsurePut[];
  add(
    steps: readonly ShardStep[],
    outcomes: readonly StepOutcome[],
    instance: string | undefined,
  ): void;
  /** They are durable. */
  stored(puts: readonly UnsurePut[]): void;
  /** An announcement has failed because they are lost. Others that rely on them fail for a moment too. */
  lost(puts: readonly UnsurePut[]): void;
}

const MOST = 500;
/** No operation announces its write so long after what belongs to it. */
const KEPT_MS = 30_000;
/** Two changes of a job that wait for each other announce their writes within this time. */
const KEPT_LOST_MS = 2_000;

export function createUnsurePuts(nowMs: () => number): UnsurePuts {
  const kept = new Map<UnsurePut, { readonly sinceMs: number; readonly forMs: number }>();

  return {
    before(steps) {
      const now = nowMs();
      const written = new Set(steps.flatMap(step => ('durability' in step ? [step.key] : [])));
      for (const [put, { sinceMs, forMs }] of kept) {
        if (written.has(put.key) || Math.abs(now - sinceMs) >= forMs) kept.delete(put);
      }
      return [...kept.keys()];
    },

    add(steps, outcomes, instance) {
      for (const [at, step] of steps.entries()) {
        const outcome = outcomes[at];
        if (step.do !== 'put' || step.durability !== 'ordered') continue;
        if (outcome?.of !== 'put' || outcome.result !== 'done') continue;
        const { key, version } = step;
        kept.set({ key, version, instance }, { sinceMs: nowMs(), forMs: KEPT_MS });
      }
      for (const put of kept.keys()) {
        if (kept.size <= MOST) break;
        kept.delete(put);
      }
    },

    stored(puts) {
      for (const put of puts) kept.delete(put);
    },

    lost(puts) {
      for (const put of puts) {
        const isNew = kept.get(put)?.forMs === KEPT_MS;
        if (isNew) kept.set(put, { sinceMs: nowMs(), forMs: KEPT_LOST_MS });
      }
    },
  };
}
