import { isBefore, type Position } from './header.ts';

/** Sizes in bytes. */
export interface SegmentSizes {
  readonly segment: number;
  /** A segment is filled with zeros ahead of its records, so that a sync of records changes no metadata. */
  readonly firstFill: number;
  readonly fill: number;
}

export const SEGMENT_COUNT = 2;

export interface Segment {
  /** Where it begins in the file. */
  readonly at: number;
  generation: number;
  /** How much of it may be written; grows up to the size of a segment. */
  filled: number;
  /** Behind its last record. */
  cursor: number;
}

/** The parts of a journal, which take turns. One is written again when the files of all its records are synced. */
export interface Segments {
  readonly current: Segment;
  /** The next segment, if none of its records is behind that place; else null. Not one that is `small`. */
  next(syncedEnd: Position, small: ReadonlySet<Segment>): Segment | null;
  /** Goes on at the start of a segment. */
  enter(segment: Segment): void;
}

/** `filledBytes` of the first segment are filled already. */
export function createSegments(
  headerBytes: number,
  sizes: SegmentSizes,
  filledBytes: number,
): Segments {
  const all: Segment[] = Array.from({ length: SEGMENT_COUNT }, (_, index) => ({
    at: headerBytes + index * sizes.segment,
    generation: 0,
    filled: index === 0 ? filledBytes : 0,
    cursor: 0,
  }));
  let generation = 0;
  let current = all[0] as Segment;
  restart(current);

  function restart(segment: Segment): void {
    generation += 1;
    segment.generation = generation;
    segment.cursor = 0;
  }

  return {
    get current() {
      return current;
    },
    next(syncedEnd, small) {
      const isFree = ({ generation: own, cursor }: Segment) =>
        cursor === 0 || !isBefore(syncedEnd, { generation: own, offset: cursor });
      // An empty segment costs more space than one that has been filled already.
      const others = all.filter(segment => segment !== current);
      return [...others, current].find(each => isFree(each) && !small.has(each)) ?? null;
    },
    enter(segment) {
      current = segment;
      restart(segment);
    },
  };
}
