import type { StoredEntry } from '../../store.ts';
import type { KnownLabels } from './known-labels.ts';
import { createLabelIndex, LABEL_LIMITS, type LabelLimits, NO_PART } from './label-index.ts';
import type { LabelParts, Part } from './label-parts.ts';
import { cutIntoRanges } from './label-ranges.ts';
import type { ListedObject } from './list-page.ts';
import { sectionBounds } from './list-sections.ts';
import type { Pages } from './pages.ts';

/** A list with the labels of all objects but those that the caller knows. One who lists once knows none, and passes null. */
export type LabelledList = (
  prefix: string,
  after: string,
  isKnown: ((entry: StoredEntry) => boolean) | null,
) => AsyncIterable<StoredEntry>;

/** So many labels are looked up at a time. */
const LOOK_UPS_AT_ONCE = 50;
/**
 * Looks up each label that neither this process nor an index knows. A process that has just started needs a read for each 1,000 objects of
 * an indexed folder, and not one for each. What an index says counts for the version that it names alone.
 */
export function createLabelledList({
  pages,
  parts,
  labels,
  folders,
  limits = LABEL_LIMITS,
  now = () => 0,
  lookUp,
}: {
  readonly pages: Pages;
  readonly parts: LabelParts;
  readonly labels: KnownLabels;
  /** With an index. */
  readonly folders: readonly string[];
  readonly limits?: LabelLimits;
  /** Milliseconds since some moment. Without it there is no bound of the time that writes of an index take. */
  readonly now?: () => number;
  /** The object with its label as it is now. Null if nothing is stored. */
  readonly lookUp: (key: string) => Promise<StoredEntry | null>;
}): LabelledList {
  const indexes = new Map(
    folders.map(folder => [folder, createLabelIndex({ folder, parts, limits, now })]),
  );

  function knownEntry({ key, version }: ListedObject, part: Part): StoredEntry | null {
    const label = labels.find(key, version);
    if (label !== undefined) return { key, version, label };
    const entry = part.get(key);
    return entry?.version === version ? entry : null;
  }

  return async function* list(prefix, after, isKnown) {
    const isWanted = (object: ListedObject) =>
      isKnown === null || !isKnown({ ...object, label: null });
    const index = after === '' ? indexes.get(prefix) : undefined;
    const knownBounds = sectionBounds(index?.names() ?? [], '');
    const begun = await beginOf(pages(prefix, after, knownBounds));
    const pass = (await index?.begin(begun.first.filter(isWanted).length)) ?? null;
    const names = pass?.names ?? [];

    /** The first list knows only now where it may be cut. */
    async function* all(): AsyncGenerator<readonly ListedObject[]> {
      yield begun.first;
      const last = begun.first.at(-1)?.key ?? '';
      const bounds = knownBounds.length > 0 || last === '' ? [] : sectionBounds(names, last);
      yield* bounds.length === 0 ? begun.rest : pages(prefix, last, bounds);
    }

    for await (const range of cutIntoRanges(all(), names, limits.ofPart)) {
      const wanted = new Set(range.objects.filter(isWanted));
      const unknown = [...wanted].filter(object => knownEntry(object, NO_PART) === null).length;
      const readsPart =
        unknown >= limits.unknown || (isKnown !== null && wanted.size >= limits.changes);
      const part = (readsPart ? await pass?.partOf(range) : null) ?? NO_PART;
      const found = new Map<string, StoredEntry>();
      for (let from = 0; from < range.objects.length; from += LOOK_UPS_AT_ONCE) {
        const entries = await Promise.all(
          range.objects.slice(from, from + LOOK_UPS_AT_ONCE).map(async object => {
            const { key, version } = object;
            if (!wanted.has(object)) return { key, version, label: null };
            // It may have a later version by now, which has another label, or be gone.
            const entry = knownEntry(object, part) ?? (await lookUp(key));
            if (entry !== null) found.set(key, entry);
            return entry;
          }),
        );
        for (const entry of entries) if (entry !== null) yield entry;
      }
      if (isKnown === null) continue;
      const changes = [...wanted].filter(({ key, version }) => part.get(key)?.version !== version);
      await pass?.refresh(
        range,
        changes.length,
        (object, other) => found.get(object.key) ?? knownEntry(object, other),
      );
    }
    if (isKnown !== null) await pass?.end();
  };
}

interface Begun {
  readonly first: readonly ListedObject[];
  readonly rest: AsyncIterable<readonly ListedObject[]>;
}

async function beginOf(pages: AsyncIterable<readonly ListedObject[]>): Promise<Begun> {
  const iterator = pages[Symbol.asyncIterator]();
  const first = await iterator.next();
  return {
    first: first.done === true ? [] : first.value,
    rest: { [Symbol.asyncIterator]: () => iterator },
  };
}
