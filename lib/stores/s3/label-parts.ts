import * as z from 'zod';
import {
  ABSENT,
  atVersion,
  type StoredEntry,
  StoreError,
  UNCONDITIONAL,
  type Version,
} from '../../store.ts';
import type { ListedObject } from './list-page.ts';
import type { S3Objects } from './objects.ts';

/** What parts are named after: the first key that one of them is for. */
const FOLDER = 'labels/';

const Part = z.object({
  version: z.literal(1),
  entries: z.array(z.tuple([z.string(), z.string(), z.string().nullable()])),
});

/** The objects of an index of labels: each has the labels of the keys from its name on, up to the name of the next. */
export interface LabelParts {
  /** The first keys of the parts, in order. Null where they cannot be listed. */
  names(prefix: string): Promise<string[] | null>;
  /** By key. Empty where there is no such part, or it cannot be read. */
  read(name: string): Promise<Part>;
  /**
   * In the place of what was read last under this name, or of nothing where another part was read since. False where it was not written:
   * of processes that list at the same moment, one writes.
   */
  write(name: string, entries: readonly StoredEntry[]): Promise<boolean>;
  remove(name: string): Promise<void>;
}

export type Part = ReadonlyMap<string, StoredEntry>;

export function createLabelParts({
  objects,
  list,
}: {
  readonly objects: S3Objects;
  readonly list: (prefix: string) => AsyncIterable<readonly ListedObject[]>;
}): LabelParts {
  /** Null where nothing was stored. */
  let lastRead: { readonly name: string; readonly version: Version | null } | null = null;

  return {
    names: prefix =>
      orElse(null, async () => {
        const names: string[] = [];
        for await (const page of list(FOLDER + prefix)) {
          names.push(...page.map(({ key }) => key.slice(FOLDER.length)));
        }
        return names;
      }),

    read: name =>
      orElse<Part>(new Map(), async () => {
        const stored = await objects.get(FOLDER + name);
        lastRead = { name, version: stored?.version ?? null };
        return entriesIn(stored?.body ?? null);
      }),

    write: (name, entries) =>
      orElse(false, async () => {
        const part: z.infer<typeof Part> = {
          version: 1,
          entries: entries.map(({ key, version, label }) => [key, version, label]),
        };
        const body = new TextEncoder().encode(JSON.stringify(part));
        const version = lastRead?.name === name ? lastRead.version : null;
        const precondition = version === null ? ABSENT : atVersion(version);
        // Each entry says of which version it is: a writer that comes first has written what is true, too.
        return (
          (await objects.put({ key: FOLDER + name, body, precondition, label: null })) !== null
        );
      }),

    remove: name =>
      orElse(undefined, async () => {
        await objects.delete(FOLDER + name, UNCONDITIONAL);
      }),
  };
}

function entriesIn(body: Uint8Array | null): Part {
  const parsed = Part.safeParse(body === null ? null : jsonIn(body));
  if (!parsed.success) return new Map();
  return new Map(
    parsed.data.entries.map(([key, version, label]) => [
      key,
      { key, version: version as Version, label },
    ]),
  );
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}

/** Nothing depends on parts: without them each label is looked up. */
async function orElse<T>(other: T, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof StoreError) return other;
    throw error;
  }
}
