import { sameBytes } from '../base/bytes.ts';
import { forEachConcurrently } from '../base/concurrently.ts';
import {
  ABSENT,
  atVersion,
  type ObjectStore,
  type Precondition,
  type StoredObject,
  type StoreMedium,
  UNCONDITIONAL,
} from '../store.ts';
import { affordable, mediumProbe, notExamined } from './medium-probe.ts';
import type { Probe } from './probe.ts';

/** So many keys are written at a time. */
const CONCURRENCY = 16;

/** What `probesOf` is to make. */
export interface ProbeOptions {
  readonly prefix: string;
  readonly listKeys: number;
  /**
   * How many calls of its media a store of several is examined with; null for no limit. `from` is from 0 up to 1: with which of them
   * it begins, where they are too many for one examination.
   */
  readonly budget: { readonly calls: number; readonly from: number } | null;
}

/** Of keys: in the order of a language they would be listed otherwise, and some media change the last ones. */
const LETTERS = ['a', 'Z', 'ü', '_', '名', '~', '-'];

/** Of the probe that deletes, with what it leaves behind. */
const DELETE_CALLS = 4;

/**
 * What the protocol needs of a store. Each probe uses its own key below the prefix, because a medium may accept
 * only one write of a key per second, and removes it afterwards.
 */
export function probesOf(store: ObjectStore, { prefix, listKeys, budget }: ProbeOptions): Probe[] {
  const media = store.media ?? [];
  const probeOf = (medium: StoreMedium) => mediumProbe(medium, prefix);
  if (budget === null || media.length === 0) {
    return [...ownProbes(), deleteProbe(), listProbe(), ...media.map(probeOf)];
  }
  // The probes of the media find out the same as those that are left out.
  const calls = DELETE_CALLS + 2 * listKeys + media.filter(({ isOneCall }) => isOneCall).length;
  const within = affordable(media, { calls: budget.calls - calls, from: budget.from });
  return [
    deleteProbe(),
    listProbe(),
    ...media.map(medium => (within.has(medium) ? probeOf(medium) : notExamined(medium))),
  ];

  function ownProbes(): Probe[] {
    return [
      probe('create if absent', async ({ write }) =>
        (await write('one', ABSENT)) === null ? 'refused although nothing was stored' : null,
      ),
      probe('create refused if present', async ({ write }) => {
        await write('one');
        return (await write('two', ABSENT)) === null ? null : 'replaced what was stored';
      }),
      probe('read after write', async ({ key, write, expectBody }) => {
        // A cache before the store may have kept an answer, also that there is nothing.
        const before = [await store.get(key), await store.head(key)];
        if (before.some(found => found !== null)) return 'something is stored that was not written';
        await write('one');
        const fault = await expectBody('one');
        if (fault !== null) return fault;
        await write('two');
        return expectBody('two');
      }),
      probe('compare-and-swap', async ({ write, expectBody }) => {
        const first = await write('one');
        if (first === null) return 'a write without a condition was refused';
        if ((await write('two', atVersion(first))) === null)
          return 'refused although the version was the stored one';
        return expectBody('two');
      }),
      probe('compare-and-swap refused when stale', async ({ write, expectBody }) => {
        const stale = await write('one');
        await write('two');
        if (stale === null) return 'a write without a condition was refused';
        const written = await write('three', atVersion(stale));
        return written === null ? expectBody('two') : 'replaced what another writer had stored';
      }),
      probe('one winner of two', async ({ write }) => {
        const first = await write('one');
        if (first === null) return 'a write without a condition was refused';
        const tries = ['left', 'right'].map(text => write(text, atVersion(first)));
        const winners = (await Promise.all(tries)).filter(won => won !== null).length;
        return winners === 1 ? null : `${winners} of two writers won`;
      }),
      {
        ...probe('equal bodies', async ({ write }) => {
          const first = await write('same');
          const distinct = first !== (await write('same'));
          // Without the trait they may have one version: a store of two media has distinct ones in one of them.
          return distinct || !store.traits.distinctVersions ? null : 'have one version';
        }),
        vital: false,
      },
    ];
  }

  function deleteProbe(): Probe {
    return probe('delete', async ({ write, key }) => {
      await write('one');
      await store.delete(key, UNCONDITIONAL);
      return (await store.get(key)) === null ? null : 'the deleted object is still stored';
    });
  }

  interface Stage {
    readonly key: string;
    readonly write: (text: string, precondition?: Precondition) => ReturnType<ObjectStore['put']>;
    /** Null when that body is stored. */
    readonly expectBody: (text: string) => Promise<string | null>;
  }

  function probe(name: string, ask: (stage: Stage) => Promise<string | null>): Probe {
    const key = `${prefix}${name.replaceAll(' ', '-')}`;
    const stage: Stage = {
      key,
      write: (text, precondition = UNCONDITIONAL) => store.put(key, bodyOf(text), precondition),
      async expectBody(text) {
        const stored = await store.get(key);
        if (stored === null) return 'the written object is not stored';
        if (!sameBytes(stored.body, bodyOf(text))) return 'another body is stored';
        return (await store.head(key)) === stored.version ? null : 'a look finds another version';
      },
    };
    return { name, vital: true, run: () => thenRemoved([key], () => ask(stage)) };
  }

  function listProbe(): Probe {
    const folder = `${prefix}list-`;
    const keys = Array.from(
      { length: listKeys },
      (_, index) => `${folder}${LETTERS[index % LETTERS.length]}${index}`,
    );
    return {
      name: `list of ${listKeys} keys`,
      vital: true,
      run: () =>
        thenRemoved(keys, async () => {
          const isWhole = budget === null;
          if (isWhole && (await listed(folder)).length > 0)
            return 'a key was listed before it was written';
          await forEachKey(keys, key => store.put(key, bodyOf(''), UNCONDITIONAL));
          const found = await listed(folder);
          if (found.length !== listKeys) return `${found.length} of ${listKeys} keys were listed`;
          if (found.toSorted().some((key, index) => key !== found[index]))
            return 'the keys were listed out of order';
          const all = new Set(found);
          if (keys.some(key => !all.has(key))) return 'other keys were listed';
          if (!isWhole) return null;
          const middle = Math.floor(listKeys / 2);
          const rest = await listed(folder, found[middle]);
          return rest.join() === found.slice(middle + 1).join()
            ? null
            : 'a list behind a key had other keys';
        }),
    };
  }

  async function listed(folder: string, after = ''): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of store.list(folder, after)) found.push(key);
    return found;
  }

  async function thenRemoved<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } finally {
      await forEachKey(keys, key => store.delete(key, UNCONDITIONAL));
    }
  }
}

async function forEachKey(
  keys: readonly string[],
  task: (key: string) => Promise<unknown>,
): Promise<void> {
  async function* each(): AsyncGenerator<string> {
    yield* keys;
  }

  await forEachConcurrently(each(), CONCURRENCY, async key => {
    await task(key);
  });
}

function bodyOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * Whether a put over what is stored is refused if it may only create, or only replace an earlier version, and carried out if it may replace this
 * one. `other` are bytes to store, other ones. The settings of a bucket may change, its versioning above all: then some servers overlook
 * conditions, or refuse all. `overtaken`: perhaps another process wrote.
 */
export async function tryConditions(
  store: Pick<ObjectStore, 'put'>,
  key: string,
  { body, version }: StoredObject,
  other: Uint8Array,
): Promise<'hold' | 'do not hold' | 'overtaken'> {
  if ((await store.put(key, other, ABSENT)) !== null) return 'do not hold';
  if ((await store.put(key, other, atVersion(version))) === null) return 'overtaken';
  return (await store.put(key, body, atVersion(version))) === null ? 'hold' : 'do not hold';
}
