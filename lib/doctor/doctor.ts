import type { Random } from '../base/random.ts';
import type { Verdict } from '../storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../store.ts';
import type { Probe } from './probe.ts';
import { probesOf } from './probes.ts';

/** One thing that the protocol needs from a store, and whether this store does it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What the check found. */
  readonly detail: string;
}

export interface Diagnosis {
  readonly store: string;
  readonly checks: readonly Check[];
  /** Whether this store supports leases. The worst fault of a store is to ignore preconditions silently. */
  readonly leases: boolean;
}

export interface Doctor {
  /**
   * Probes the store with its own keys, and removes them afterwards. `listKeys` is the number of keys that a
   * list must return: more than 1,000 need more than one page on every medium.
   */
  examine(options: {
    readonly listKeys: number;
    /** How many calls of the media of a store of several it may take. No limit if it is left out. */
    readonly calls?: number | undefined;
  }): Promise<Diagnosis>;
  /** The result of the last examination; before the first one, the trait of the store. */
  allowsLeases(): boolean;
}

interface Result {
  readonly name: string;
  readonly vital: boolean;
  /** `unknown`: the store failed, so the check found nothing. */
  readonly outcome: 'right' | 'wrong' | 'unknown';
  readonly detail: string;
}

const FOLDER = 'doctor';

export function createDoctor(parts: {
  store: ObjectStore;
  random: Random;
  verdict: Verdict;
  /** Called with every result of `examine`. */
  record: (diagnosis: Diagnosis) => void;
}): Doctor {
  const { store, random, verdict, record } = parts;

  function allowsLeases(): boolean {
    return store.traits.compareAndSwap && verdict.get() !== false;
  }

  /** A store that did not answer has shown nothing, so the last verdict stays. */
  function judge(results: readonly Result[]): void {
    const vital = results.filter(result => result.vital);
    const outcomes = new Set(vital.map(({ outcome }) => outcome));
    if (outcomes.has('wrong')) verdict.set(false);
    else if (!outcomes.has('unknown')) verdict.set(true);
  }

  return {
    async examine({ listKeys, calls }) {
      const results: Result[] = [];
      const prefix = `${FOLDER}/${random.id()}-`;
      const budget = calls === undefined ? null : { calls, from: random.fraction() };
      for (const probe of probesOf(store, { prefix, listKeys, budget }))
        results.push(await resultOf(probe));
      results.push(...(await inspected(store)));
      judge(results);
      const diagnosis: Diagnosis = {
        store: store.traits.name,
        checks: results.map(({ name, outcome, detail }) => ({
          name,
          ok: outcome === 'right',
          detail,
        })),
        leases: allowsLeases(),
      };
      record(diagnosis);
      return diagnosis;
    },

    allowsLeases,
  };
}

/** No setting of a server decides about leases: the probes do. */
async function inspected({ inspect }: ObjectStore): Promise<Result[]> {
  if (inspect === undefined) return [];
  try {
    return (await inspect()).map(({ name, ok, detail }) => ({
      name,
      vital: false,
      outcome: ok ? 'right' : 'wrong',
      detail,
    }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [{ name: 'settings', vital: false, outcome: 'unknown', detail: error.message }];
  }
}

async function resultOf({ name, vital, run }: Probe): Promise<Result> {
  try {
    const fault = await run();
    if (fault === null) return { name, vital, outcome: 'right', detail: 'as expected' };
    return { name, vital, outcome: 'wrong', detail: fault };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { name, vital, outcome: 'unknown', detail: error.message };
  }
}
