import { compareKeys } from '../key-order.ts';
import type { ListedObject } from './list-page.ts';

/** Objects that follow each other in a list, and belong to one part of the index. */
export interface LabelRange {
  /** The name of the part that has them. Null where there is none yet. */
  readonly part: string | null;
  /** Whether the range before is of the same part, which had more objects than a part may have. */
  readonly isRest: boolean;
  readonly objects: readonly ListedObject[];
}

/** Cuts the pages of a list where parts begin, and after so many objects. Without names each page is a range. */
export async function* cutIntoRanges(
  pages: AsyncIterable<readonly ListedObject[]>,
  names: readonly string[],
  most: number,
): AsyncGenerator<LabelRange> {
  let next = 0;
  let isRest = false;
  let objects: ListedObject[] = [];
  const partAt = (place: number) => names[place - 1] ?? null;

  for await (const page of pages) {
    for (const object of page) {
      let place = next;
      while (place < names.length && compareKeys(names[place] ?? '', object.key) <= 0) place += 1;
      if (objects.length > 0 && (place > next || objects.length === most)) {
        yield { part: partAt(next), isRest, objects };
        objects = [];
        isRest = place === next;
      } else if (place > next) {
        isRest = false;
      }
      next = place;
      objects.push(object);
    }
    if (names.length === 0 && objects.length > 0) {
      yield { part: null, isRest: false, objects };
      objects = [];
    }
  }
  if (objects.length > 0) yield { part: partAt(next), isRest, objects };
}
