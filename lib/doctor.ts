import type { Random } from './random.ts';
import { sameBytes } from './same-bytes.ts';
import { ABSENT, atVersion, type ObjectStore, StoreError, UNCONDITIONAL } from './store.ts';
import type { Verdict } from './verdict.ts';

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

interface Probe {
  readonly name: string;
  /** Whether leases hang on it. */
  readonly vital: boolean;
  /** Null where all is well, else what was seen instead. Rejects where the store did not answer. */
  readonly run: () => Promise<string | null>;
}

interface Result {
  readonly name: string;
  readonly vital: boolean;
  /** `unknown`: the store failed, and nothing was seen. */
  readonly outcome: 'right' | 'wrong' | 'unknown';
  readonly detail: string;
}

const FOLDER = 'doctor';
/** So many keys are written side by side. */
const LANES = 16;

export function createDoctor(parts: {
  store: ObjectStore;
  random: Random;
  verdict: Verdict;
}): Doctor {
  const { store, random, verdict } = parts;

  function allowsLeases(): boolean {
    return store.traits.compareAndSwap && verdict.get() !== false;
  }

  function probesAt(key: string): Probe[] {
    const write = (text: string, ...precondition: [] | [Parameters<ObjectStore['put']>[2]]) =>
      store.put(key, bodyOf(text), precondition[0] ?? UNCONDITIONAL);
    return [
      {
        name: 'create if absent',
        vital: true,
        run: async () =>
          (await write('one', ABSENT)) === null ? 'refused though nothing was there' : null,
      },
      {
        name: 'create refused if present',
        vital: true,
        run: async () =>
          (await write('two', ABSENT)) === null ? null : 'written over what was there',
      },
      {
        name: 'read after write',
        vital: true,
        run: async () => expectBody(await write('three'), 'three'),
      },
      {
        name: 'compare-and-swap',
        vital: true,
        run: async () => {
          const version = await store.head(key);
          if (version === null) return 'what was written is not there';
          return expectBody(await write('four', atVersion(version)), 'four');
        },
      },
      {
        name: 'compare-and-swap refused when stale',
        vital: true,
        run: async () => {
          const stale = await store.head(key);
          await write('five');
          if (stale === null) return 'what was written is not there';
          const written = await write('six', atVersion(stale));
          return written === null
            ? expectBody(null, 'five')
            : 'written over what another had written';
        },
      },
      {
        name: 'one winner of two',
        vital: true,
        run: async () => {
          const version = await store.head(key);
          if (version === null) return 'what was written is not there';
          const tries = ['left', 'right'].map(text => write(text, atVersion(version)));
          const winners = (await Promise.all(tries)).filter(won => won !== null).length;
          return winners === 1 ? null : `${winners} of two won`;
        },
      },
      {
        name: 'equal bodies',
        vital: false,
        run: async () => {
          const first = await write('same');
          const second = await write('same');
          const distinct = first !== second;
          if (distinct === store.traits.distinctVersions) return null;
          return distinct ? 'have two versions' : 'have one version';
        },
      },
      {
        name: 'delete',
        vital: true,
        run: async () => {
          await store.delete(key, UNCONDITIONAL);
          return (await store.get(key)) === null ? null : 'what was deleted is still there';
        },
      },
    ];

    async function expectBody(version: unknown, text: string): Promise<string | null> {
      const stored = await store.get(key);
      if (stored === null) return `${version === null ? 'refused, and ' : ''}nothing is there`;
      return sameBytes(stored.body, bodyOf(text)) ? null : 'another body is there';
    }
  }

  function listProbe(folder: string, listKeys: number): Probe {
    const keys = Array.from({ length: listKeys }, (_, index) => `${folder}${index}`);
    return {
      name: `list of ${listKeys} keys`,
      vital: true,
      async run() {
        try {
          await inLanes(keys, key => store.put(key, bodyOf(''), UNCONDITIONAL));
          const seen = new Set<string>();
          for await (const { key } of store.list(folder)) seen.add(key);
          return seen.size === listKeys ? null : `${seen.size} of ${listKeys} were told`;
        } finally {
          await inLanes(keys, key => store.delete(key, UNCONDITIONAL));
        }
      },
    };
  }

  return {
    async examine({ listKeys }) {
      const id = random.id();
      const probes = [...probesAt(`${FOLDER}/${id}`), listProbe(`${FOLDER}/${id}-`, listKeys)];
      const results: Result[] = [];
      for (const probe of probes) {
        // Each goes on from what the one before has left there.
        const isLost = results.some(({ outcome }) => outcome === 'unknown');
        results.push(isLost ? unexamined(probe) : await resultOf(probe));
      }
      const vital = results.filter(result => result.vital);
      if (vital.some(({ outcome }) => outcome === 'wrong')) verdict.set(false);
      // A store that did not answer has not shown what it does: what was known of it stands.
      else if (vital.every(({ outcome }) => outcome === 'right')) verdict.set(true);
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

function unexamined({ name, vital }: Probe): Result {
  return { name, vital, outcome: 'unknown', detail: 'not examined, for the store did not answer' };
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

async function inLanes(
  keys: readonly string[],
  task: (key: string) => Promise<unknown>,
): Promise<void> {
  const left = keys.values();
  async function lane(): Promise<void> {
    for (const key of left) await task(key);
  }
  await Promise.all(Array.from({ length: LANES }, lane));
}

function bodyOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
