import type { StoredEntry } from '../../store.ts';
import { compareKeys } from '../key-order.ts';
import { ownText } from '../own-text.ts';
import type { LabelParts, Part } from './label-parts.ts';
import type { LabelRange } from './label-ranges.ts';
import type { ListedObject } from './list-page.ts';

/** What a process knows of the index of a folder: which parts there are, and how many labels have changed since each was written. */
export interface LabelIndex {
  /** For one list of all objects. Null where so few labels are wanted that no index is needed. */
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

export const NO_PART: Part = new Map();

export function createLabelIndex({
  folder,
  parts,
  limits,
}: {
  readonly folder: string;
  readonly parts: LabelParts;
  readonly limits: LabelLimits;
}): LabelIndex {
  let known: readonly string[] | null = null;
  const changesByPart = new Map<string, number>();

  function createPass(names: readonly string[]): LabelPass {
    const seen = new Set<string>();
    const counted = new Set<string>();
    let last = { name: '', part: NO_PART };
    let wasWritten = false;
    let canWrite = true;

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
        const isWritten = changed >= limits.changes || (range.isRest && wasWritten);
        wasWritten = false;
        changesByPart.set(name, isWritten ? 0 : changed);
        if (!isWritten || !canWrite) return;
        const part = await partOf(range);
        const entries = range.objects.flatMap(object => labelOf(object, part) ?? []);
        wasWritten = await parts.write(name, entries);
        canWrite = wasWritten;
        if (!wasWritten) return;
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
      known ??= (await parts.names(folder)).map(ownText);
      return createPass(known);
    },
  };
}
