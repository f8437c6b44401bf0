import type { Random } from '../base/random.ts';
import type { Verdict } from '../storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../store.ts';
import { type Probe, probesOf } from './probes.ts';

/** One thing that the protocol needs of a store, and whether this store does it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly detail: string;
}

export interface Diagnosis {
  readonly store: string;
  readonly checks: readonly Check[];
  /** Whether leases may be had of this store: the worst fault of one is to ignore preconditions in silence. */
  readonly leases: boolean;
}

export interface Doctor {
  /**
   * Probes the store with keys of its own, which are gone afterwards. `listKeys` is of how many keys a
   * list is to be whole: more than 1,000 are more than one page anywhere.
   */
  examine(options: { readonly listKeys: number }): Promise<Diagnosis>;
  /** What the last examination found; what the store says of itself where there was none. */
  allowsLeases(): boolean;
}

interface Result {
  readonly name: string;
  readonly vital: boolean;
  /** `unknown`: the store failed, and nothing was seen. */
  readonly outcome: 'right' | 'wrong' | 'unknown';
  readonly detail: string;
}

const FOLDER = 'doctor';

export function createDoctor(parts: {
  store: ObjectStore;
  random: Random;
  verdict: Verdict;
}): Doctor {
  const { store, random, verdict } = parts;

  function allowsLeases(): boolean {
    return store.traits.compareAndSwap && verdict.get() !== false;
  }

  /** A store that did not answer has not shown what it does: what was known of it stands. */
  function judge(results: readonly Result[]): void {
    const vital = results.filter(result => result.vital);
    const outcomes = new Set(vital.map(({ outcome }) => outcome));
    if (outcomes.has('wrong')) verdict.set(false);
    else if (!outcomes.has('unknown')) verdict.set(true);
  }

  return {
    async examine({ listKeys }) {
      const results: Result[] = [];
      const prefix = `${FOLDER}/${random.id()}-`;
      for (const probe of probesOf(store, { prefix, listKeys }))
        results.push(await resultOf(probe));
      judge(results);
      return {
        store: store.traits.name,
        checks: results.map(({ name, outcome, detail }) => ({
          name,
          ok: outcome === 'right',
          detail,
        })),
        leases: allowsLeases(),
      };
    },

    allowsLeases,
  };
}

async function resultOf({ name, vital, run }: Probe): Promise<Result> {
  try {
    const seen = await run();
    if (seen === null) return { name, vital, outcome: 'right', detail: 'as it is to be' };
    return { name, vital, outcome: 'wrong', detail: seen };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { name, vital, outcome: 'unknown', detail: error.message };
  }
}
