import { reasonOf } from '../errno.ts';
import type { FileLabel } from './file-label.ts';
import type { LabelChange, LabelFile, LabelMedium } from './label-medium.ts';

/**
 * Labels of files that survive a restart. They are derived from the files: everything may be lost at any time, and no
 * failure is one of the caller.
 */
export interface FileLabels {
  /** The stored labels of a prefix, as `LabelFile.pages`. It ends early after a failure. */
  recall(prefix: string): Iterable<readonly FileLabel[]>;
  /** Stores the label soon, behind what is under way. */
  keep(label: FileLabel): void;
  drop(key: string): void;
  /** As `LabelFile.compact`. */
  compact(isCurrent: (label: FileLabel) => boolean): Iterable<void>;
  /** Stores what waits. */
  close(): void;
}

/** Starts a timer that does not keep the process alive. Returns a function that stops it. */
export type StartTimer = (task: () => void, ms: number) => () => void;

/** Labels wait for others, and for a file that is changing not to change any more. */
const WAIT_MS = 2_000;
/** Where more wait, for example in the first list of a folder. */
const SHORT_WAIT_MS = 5;
/** So many are written at once: a few milliseconds. */
const CHANGES_A_TURN = 250;
/** Where more wait, such as while another process writes, the earliest are lost. */
const MOST_WAITING = 8_000;

export function createFileLabels(
  medium: LabelMedium,
  { startTimer, report }: { startTimer: StartTimer; report: (reason: string) => void },
): FileLabels {
  const waiting = new Map<string, LabelChange>();
  let file: LabelFile | null = null;
  let isUsable = true;
  let wasDiscarded = false;
  let stopTimer: (() => void) | null = null;

  /** Null after an error, which is handled. `opened` may throw. */
  function attempt<T>(task: (opened: LabelFile) => T): T | null {
    if (!isUsable) return null;
    try {
      file ??= medium.open();
      return task(file);
    } catch (error) {
      handle(error);
      return null;
    }
  }

  function handle(error: unknown): void {
    const fault = medium.faultOf(error);
    if (fault === 'busy') return;
    closeFile();
    // A damaged file is made again, once. A medium that fails is left alone until the next start.
    isUsable = fault === 'damaged' && !wasDiscarded && discard();
    if (!isUsable) waiting.clear();
    report(`${medium.path}: ${reasonOf(error)}`);
  }

  function discard(): boolean {
    wasDiscarded = true;
    try {
      medium.discard();
      return true;
    } catch {
      return false;
    }
  }

  function closeFile(): void {
    const open = file;
    file = null;
    try {
      open?.close();
    } catch {
      // What is not stored is made again.
    }
  }

  /** Whether it was stored. Otherwise it still waits. */
  function writeSome(): boolean {
    const changes = firstOf(waiting.values(), CHANGES_A_TURN);
    if (changes.length === 0) return false;
    const isWritten = attempt(opened => {
      opened.write(changes);
      return true;
    });
    if (isWritten === null) return false;
    for (const change of changes) {
      const key = keyOf(change);
      if (waiting.get(key) === change) waiting.delete(key);
    }
    return true;
  }

  function add(change: LabelChange): void {
    if (!isUsable) return;
    const key = keyOf(change);
    waiting.delete(key);
    waiting.set(key, change);
    if (waiting.size > MOST_WAITING) {
      for (const earliest of firstOf(waiting.keys(), 1)) waiting.delete(earliest);
    }
    if (waiting.size === CHANGES_A_TURN) startWaiting(SHORT_WAIT_MS);
    else if (stopTimer === null) startWaiting(WAIT_MS);
  }

  function startWaiting(ms: number): void {
    stopTimer?.();
    stopTimer = startTimer(() => {
      stopTimer = null;
      const isWritten = writeSome();
      if (waiting.size === 0) return;
      startWaiting(isWritten && waiting.size >= CHANGES_A_TURN ? SHORT_WAIT_MS : WAIT_MS);
    }, ms);
  }

  /** The pieces of work on the file, up to an error. */
  function* guarded<T>(begin: (opened: LabelFile) => Iterable<T>): Generator<T> {
    const pieces = attempt(opened => begin(opened)[Symbol.iterator]());
    if (pieces === null) return;
    try {
      for (;;) {
        const next = attempt(() => pieces.next());
        if (next === null || next.done === true) return;
        yield next.value;
      }
    } finally {
      attempt(() => pieces.return?.());
    }
  }

  return {
    recall: prefix => guarded(opened => opened.pages(prefix)),
    keep: label => add({ kind: 'keep', label }),
    drop: key => add({ kind: 'drop', key }),
    compact: isCurrent => guarded(opened => opened.compact(isCurrent)),
    close() {
      stopTimer?.();
      stopTimer = null;
      while (writeSome());
      waiting.clear();
      closeFile();
      isUsable = false;
    },
  };
}

function firstOf<Item>(items: Iterable<Item>, count: number): Item[] {
  const first: Item[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === count) break;
  }
  return first;
}

function keyOf(change: LabelChange): string {
  return change.kind === 'keep' ? change.label.key : change.key;
}
