import type { StoredEntry } from '../../store.ts';
import { compareKeys } from '../key-order.ts';
import { ownText } from '../own-text.ts';
import type { LabelParts, Part } from './label-parts.ts';
import type { LabelRange } from './label-ranges.ts';
import type { ListedObject } from './list-page.ts';

/** What a process knows of the index of a folder: which parts there are, and how many labels have changed since each was written. */
export interface LabelIndex {
  /** The names of the parts, in order, as far as they are known. */
  names(): readonly string[];
  /** For one list of all objects. Null where so few labels are wanted that no index is needed, and where its parts cannot be listed. */
  begin(wantedLabels: number): Promise<LabelPass | null>;
}

export interface LabelPass {
  /** Of the parts, in order. */
  readonly names: readonly string[];
  /** The part that a range belongs to. Empty if there is none. */
  partOf(range: LabelRange): Promise<Part>;
  /** Is called for each range in turn. Writes its part where many labels have changed. */
  refresh(
    range: LabelRange,
    changes: number,
    labelOf: (object: ListedObject, part: Part) => StoredEntry | null,
  ): Promise<void>;
  /** Is called at the end of the list. Removes parts without objects. */
  end(): Promise<void>;
}

export interface LabelLimits {
  /** Objects of one part. */
  readonly ofPart: number;
  /** So many labels that this process does not know are worth the read of a part. */
  readonly unknown: number;
  /** So many changes are worth that a part is written: the look-ups that it spares cost eight times as much. */
  readonly changes: number;
}

export const LABEL_LIMITS: LabelLimits = { ofPart: 1_000, unknown: 10, changes: 100 };

/** The list that writes waits for it: what is left is written by the next one. */
const MOST_WRITING_MS = 5_000;

export const NO_PART: Part = new Map();

export function createLabelIndex({
  folder,
  parts,
  limits,
  now,
}: {
  readonly folder: string;
  readonly parts: LabelParts;
  readonly limits: LabelLimits;
  readonly now: () => number;
}): LabelIndex {
  let known: readonly string[] | null = null;
  /** Whether the parts are to be listed again. */
  let isStale = false;
  const changesByPart = new Map<string, number>();

  function createPass(names: readonly string[]): LabelPass {
    const seen = new Set<string>();
    const counted = new Set<string>();
    let last = { name: '', part: NO_PART };
    let wasWritten = false;
    let canWrite = true;
    let writingMs = 0;

    async function partOf({ part: name }: LabelRange): Promise<Part> {
      if (name === null) return NO_PART;
      if (last.name !== name) last = { name, part: await parts.read(name) };
      return last.part;
    }

    return {
      names,
      partOf,

      async refresh(range, changes, labelOf) {
        // A key of a page would keep the text of the whole page.
        const first = ownText(range.objects[0]?.key ?? '');
        const name = range.isRest ? first : (range.part ?? first);
        counted.add(name);
        if (range.part !== null) seen.add(range.part);
        const changed = (changesByPart.get(name) ?? 0) + changes;
        // What was in the part before it was written without this rest would be in none.
        const isDue = changed >= limits.changes || (range.isRest && wasWritten);
        wasWritten = false;
        changesByPart.set(name, changed);
        if (!isDue || !canWrite) return;
        const part = await partOf(range);
        const entries = range.objects.flatMap(object => labelOf(object, part) ?? []);
        // What this process does not know any more is left to one that looks it up.
        if (2 * entries.length < range.objects.length) return;
        const startedAt = now();
        wasWritten = await parts.write(name, entries);
        // The clock may be set back.
        writingMs += Math.abs(now() - startedAt);
        canWrite = wasWritten && writingMs < MOST_WRITING_MS;
        if (!wasWritten) {
          // Perhaps another process writes the index.
          isStale = true;
          return;
        }
        changesByPart.set(name, 0);
        seen.add(name);
        known = [...new Set([...(known ?? []), name])].toSorted(compareKeys);
      },

      async end() {
        for (const name of names.filter(own => !seen.has(own))) {
          await parts.remove(name);
          known = (known ?? []).filter(own => own !== name);
        }
        // What no part has begins at another key with most lists.
        for (const name of changesByPart.keys()) if (!counted.has(name)) changesByPart.delete(name);
      },
    };
  }

  return {
    async begin(wantedLabels) {
      if (known === null && wantedLabels < limits.unknown) return null;
      if (isStale) known = null;
      isStale = false;
      known ??= (await parts.names(folder))?.map(ownText) ?? null;
      return known === null ? null : createPass(known);
    },
    names: () => known ?? [],
  };
}
