import { isBefore, type Position, START } from './header.ts';
import type { RecordedWrite } from './record.ts';

/**
 * When a recorded write happens: `later`, which `applied` tells, or `already`. `carried` records are repeated from an
 * earlier segment.
 */
export type Applied = 'later' | 'already' | 'carried';

/** The records between two checkpoints. */
export interface Epoch {
  /** Behind the last record. */
  readonly end: Position;
  /** The keys whose files have to be synced. */
  readonly files: ReadonlySet<string>;
  /** One key of each folder whose names have to be synced. */
  readonly folders: ReadonlyMap<string, string>;
  readonly isEmpty: boolean;
  /** Notes a record. */
  add(record: RecordedWrite, end: Position, when: Applied): void;
  /** The file of one durable record is written, or never will be. */
  applied(): void;
  /** Resolves when that is true of all durable records. */
  allApplied(): Promise<void>;
  /** Takes over what another epoch did not get synced. */
  absorb(other: Epoch): void;
}

export function createEpoch(): Epoch {
  const files = new Set<string>();
  const folders = new Map<string, string>();
  let end = START;
  let unapplied = 0;
  let waiting: PromiseWithResolvers<void> | null = null;

  return {
    files,
    folders,
    get end() {
      return end;
    },
    get isEmpty() {
      return folders.size === 0;
    },

    add({ key, kind, body }, recordEnd, when) {
      end = recordEnd;
      folders.set(key.slice(0, key.indexOf('/')), key);
      // The name of an empty file says everything.
      if (kind === 'put' && body.byteLength > 0) files.add(key);
      if (kind === 'drop') files.delete(key);
      if (when === 'later') unapplied += 1;
    },

    applied() {
      unapplied -= 1;
      if (unapplied === 0) waiting?.resolve();
    },

    allApplied() {
      if (unapplied === 0) return Promise.resolve();
      waiting ??= Promise.withResolvers();
      return waiting.promise;
    },

    absorb(other) {
      for (const key of other.files) files.add(key);
      for (const [folder, key] of other.folders) folders.set(folder, key);
      if (isBefore(end, other.end)) end = other.end;
    },
  };
}
