import { sameBytes } from '../base/bytes.ts';
import { ABSENT, atVersion, type ObjectStore, type Precondition, UNCONDITIONAL } from '../store.ts';

/** One question to a store. */
export interface Probe {
  readonly name: string;
  /** Whether leases hang on it. */
  readonly vital: boolean;
  /** Null where all is well, else what was seen instead. Rejects where the store did not answer. */
  readonly run: () => Promise<string | null>;
}

/** So many keys are written side by side. */
const LANES = 16;

/**
 * What the protocol needs of a store. Each probe has a key of its own below the prefix, for a medium may take
 * one write of a key in a second, and leaves nothing there.
 */
export function probesOf(
  store: ObjectStore,
  { prefix, listKeys }: { readonly prefix: string; readonly listKeys: number },
): Probe[] {
  return [
    probe('create if absent', async ({ write }) =>
      (await write('one', ABSENT)) === null ? 'refused though nothing was there' : null,
    ),
    probe('create refused if present', async ({ write }) => {
      await write('one');
      return (await write('two', ABSENT)) === null ? null : 'written over what was there';
    }),
    probe('read after write', async ({ write, expectBody }) => {
      await write('one');
      return expectBody('one');
    }),
    probe('compare-and-swap', async ({ write, expectBody }) => {
      const first = await write('one');
      if (first === null) return 'refused though nothing was asked of it';
      if ((await write('two', atVersion(first))) === null)
        return 'refused though nobody had written';
      return expectBody('two');
    }),
    probe('compare-and-swap refused when stale', async ({ write, expectBody }) => {
      const stale = await write('one');
      await write('two');
      if (stale === null) return 'refused though nothing was asked of it';
      const written = await write('three', atVersion(stale));
      return written === null ? expectBody('two') : 'written over what another had written';
    }),
    probe('one winner of two', async ({ write }) => {
      const first = await write('one');
      if (first === null) return 'refused though nothing was asked of it';
      const tries = ['left', 'right'].map(text => write(text, atVersion(first)));
      const winners = (await Promise.all(tries)).filter(won => won !== null).length;
      return winners === 1 ? null : `${winners} of two won`;
    }),
    {
      ...probe('equal bodies', async ({ write }) => {
        const first = await write('same');
        const distinct = first !== (await write('same'));
        if (distinct === store.traits.distinctVersions) return null;
        return distinct ? 'have two versions' : 'have one version';
      }),
      vital: false,
    },
    probe('delete', async ({ write, key }) => {
      await write('one');
      await store.delete(key, UNCONDITIONAL);
      return (await store.get(key)) === null ? null : 'what was deleted is still there';
    }),
    listProbe(),
  ];

  interface Stage {
    readonly key: string;
    readonly write: (text: string, precondition?: Precondition) => ReturnType<ObjectStore['put']>;
    /** Null where that body is stored. */
    readonly expectBody: (text: string) => Promise<string | null>;
  }

  function probe(name: string, ask: (stage: Stage) => Promise<string | null>): Probe {
    const key = `${prefix}${name.replaceAll(' ', '-')}`;
    const stage: Stage = {
      key,
      write: (text, precondition = UNCONDITIONAL) => store.put(key, bodyOf(text), precondition),
      async expectBody(text) {
        const stored = await store.get(key);
        if (stored === null) return 'what was written is not there';
        return sameBytes(stored.body, bodyOf(text)) ? null : 'another body is there';
      },
    };
    return { name, vital: true, run: () => thenRemoved([key], () => ask(stage)) };
  }

  function listProbe(): Probe {
    const folder = `${prefix}list-`;
    const keys = Array.from({ length: listKeys }, (_, index) => `${folder}${index}`);
    return {
      name: `list of ${listKeys} keys`,
      vital: true,
      run: () =>
        thenRemoved(keys, async () => {
          await inLanes(keys, key => store.put(key, bodyOf(''), UNCONDITIONAL));
          const seen = new Set<string>();
          for await (const { key } of store.list(folder)) seen.add(key);
          return seen.size === listKeys ? null : `${seen.size} of ${listKeys} were told`;
        }),
    };
  }

  async function thenRemoved<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } finally {
      await inLanes(keys, key => store.delete(key, UNCONDITIONAL));
    }
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
