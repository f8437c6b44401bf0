import type { FileLabel } from './file-label.ts';

export type LabelChange =
  | { readonly kind: 'keep'; readonly label: FileLabel }
  | { readonly kind: 'drop'; readonly key: string };

/** A file with the labels of other files. Everything throws the error of the medium, and nothing waits. */
export interface LabelFile {
  /**
   * The labels whose keys have the prefix, in pages and in any order. Damaged ones are left out. A key may come more than once,
   * and each label may be out of date.
   */
  pages(prefix: string): Iterable<readonly FileLabel[]>;
  /** Carries out all changes or none. */
  write(changes: readonly LabelChange[]): void;
  /** Makes the file smaller where most of it is out of date, piece by piece. */
  compact(isCurrent: (label: FileLabel) => boolean): Iterable<void>;
  close(): void;
}

/**
 * - `busy`: another process writes. The same change may succeed later.
 * - `damaged`: the content is not usable.
 * - `failed`: all others, such as a full disk.
 */
export type LabelFault = 'busy' | 'damaged' | 'failed';

export interface LabelMedium {
  readonly path: string;
  /** Creates the file if it is missing, or of another format. */
  open(): LabelFile;
  /** Removes the file and what belongs to it. */
  discard(): void;
  faultOf(error: unknown): LabelFault;
}

export interface LabelMediumOptions {
  readonly path: string;
  /** The mode of new files. */
  readonly mode: number;
  /** The id of this run of the machine. Null where it is not known. */
  readonly bootId: string | null;
  /** Nanoseconds since 1970. */
  readonly nowNs: () => bigint;
}
