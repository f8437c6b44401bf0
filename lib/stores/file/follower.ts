import { type Dir, lstatSync, opendirSync } from 'node:fs';
import type { Change, Follower } from '../../store.ts';
import { ownText } from '../own-text.ts';
import { type ChangedNamesOptions, createChangedNames, type Touchable } from './changed-names.ts';
import { isMissing } from './errno.ts';
import { examine, type Finding, type KnownFile } from './known-file.ts';
import type { FileLabel } from './labels/file-label.ts';
import type { FileLabels } from './labels/labels.ts';
import { piecewise } from './labels/piecewise.ts';
import { recallLabels } from './labels/recall.ts';
import { removeStaleTemporaries } from './temporaries/stale.ts';
import { isTemporaryName } from './temporaries/temporary.ts';
import { nextTurn } from './watch.ts';

/** A follower of the files of one prefix. */
export interface FileFollower extends Follower, Touchable {}

export interface FileFollowerOptions extends ChangedNamesOptions {
  readonly prefix: string;
  /** Labels that survive a restart. Null where none are remembered. */
  readonly labels: FileLabels | null;
}

// Files are read synchronously, because four trips through the thread pool cost several times the read. The event
// loop gets a turn after this number of files or bytes.
const FILES_PER_TURN = 32;
const BYTES_PER_TURN = 128 * 1024;
/** Names of a whole folder that are looked at in one turn. */
const NAMES_PER_TURN = 1_000;

/**
 * Follows by the events of the folder: a poll checks only the names that had an event. When it must look at the
 * whole folder, it reads the files that have a new time, size or inode. The first look reports files by their
 * labels, as far as those are remembered.
 */
export function createFileFollower(options: FileFollowerOptions): FileFollower {
  const { files, now, labels, prefix } = options;
  const changed = createChangedNames(options);
  /** By key. The caller gets the same texts, so that they are stored once. */
  const known = new Map<string, KnownFile>();
  /** Links to files elsewhere: changes of those cause no event in this folder. */
  const linked = new Set<string>();
  /** The file that was reported last. */
  let reported: { readonly key: string; readonly read: Read } | null = null;
  /** Labels of files that may still change without a trace. */
  const unsettled = new Map<string, string>();
  let isFirstLook = true;

  /** The names to examine: those in the folder and those that are known. */
  async function scanFolder(): Promise<Set<string>> {
    const names = new Set(await namesInFolder());
    for (const key of known.keys()) names.add(nameOf(key));
    return names;
  }

  /**
   * As `scanFolder` behind `recall`, without the names that it has found. Where the folder has as many, it has no others:
   * to look for each would take longer than to list them.
   */
  async function scanFirst(): Promise<Set<string>> {
    const listed = await namesInFolder();
    if (listed.length === known.size) return new Set();
    const names = new Set(listed);
    for (const key of known.keys()) names.delete(nameOf(key));
    return names;
  }

  async function namesInFolder(): Promise<readonly string[]> {
    const folder = openFolder(files.folder);
    const names: string[] = [];
    const temporaries: string[] = [];
    linked.clear();
    let count = 0;
    try {
      for (let entry = folder?.readSync(); entry; entry = folder?.readSync()) {
        const { name } = entry;
        count += 1;
        if (count % NAMES_PER_TURN === 0) await nextTurn();
        if (!files.has(name)) {
          if (isTemporaryName(name)) temporaries.push(name);
          continue;
        }
        if (entry.isSymbolicLink()) linked.add(name);
        else if (!entry.isFile()) continue;
        names.push(name);
      }
    } finally {
      folder?.closeSync();
    }
    removeStaleTemporaries(files.folder, temporaries);
    return names;
  }

  function withLinks(dirty: ReadonlySet<string>): Set<string> {
    for (const name of dirty) {
      const stats = lstatSync(`${files.folder}/${name}`, { throwIfNoEntry: false });
      if (stats?.isSymbolicLink() === true) linked.add(name);
      else linked.delete(name);
    }
    return new Set([...dirty, ...linked]);
  }

  function recall(remembered: FileLabels): AsyncIterable<readonly FileLabel[]> {
    return recallLabels(remembered, {
      prefix,
      pathOf(key) {
        const name = nameOf(key);
        return files.has(name) ? `${files.folder}/${name}` : null;
      },
      isCurrent: ({ key, version }) => known.get(key) === version,
    });
  }

  function applyFinding(name: string, finding: Finding): Change | null {
    const key = files.keyOf(name);
    const label = unsettled.get(key);
    unsettled.delete(key);
    switch (finding.kind) {
      case 'unchanged':
        return null;
      case 'gone':
        labels?.drop(key);
        return known.delete(key) ? { kind: 'removed', key } : null;
      case 'confirmed':
        remember(key, finding.known);
        if (label !== undefined) keepLabel(key, label, finding);
        return null;
      case 'unreadable': {
        const { reason } = finding;
        return { kind: 'unreadable', key: remember(key, finding.known), reason };
      }
      case 'stored':
        return reportStored(key, finding);
      default:
        return finding satisfies never;
    }
  }

  function reportStored(key: string, { object, ...read }: Stored): Change {
    const own = remember(key, read.known);
    reported = { key: own, read };
    return { kind: 'stored', key: own, object };
  }

  /** Returns the key as a text of its own. */
  function remember(key: string, file: KnownFile): string {
    const own = ownText(key);
    known.set(own, file);
    if (typeof file === 'object' && file.kind === 'young') changed.touch(nameOf(key));
    return own;
  }

  function keepLabel(key: string, text: string, { known: file, changedAtNs }: Read): void {
    if (typeof file === 'object') unsettled.set(key, text);
    else if (changedAtNs !== null) labels?.keep({ key, version: file, changedAtNs, text });
  }

  async function* reportChanges(names: Set<string>): AsyncGenerator<Change> {
    let fileCount = 0;
    let bytes = 0;
    try {
      for (const name of names) {
        const path = `${files.folder}/${name}`;
        const finding = examine(path, known.get(files.keyOf(name)), now());
        const change = applyFinding(name, finding);
        names.delete(name);
        fileCount += 1;
        if (finding.kind === 'stored') bytes += finding.object.body.byteLength;
        if (change !== null) yield change;
        if (fileCount < FILES_PER_TURN && bytes < BYTES_PER_TURN) continue;
        fileCount = 0;
        bytes = 0;
        await nextTurn();
      }
    } finally {
      // The caller may stop early. The next poll reports the rest.
      for (const name of names) changed.touch(name);
    }
  }

  /** The files that are found by their labels come in lists. */
  async function* look(): AsyncGenerator<Change | readonly FileLabel[], void> {
    const dirty = await changed.take();
    const isFirst = isFirstLook && dirty === null;
    isFirstLook = false;
    let isRecalled = !isFirst || labels === null;
    try {
      if (isFirst && labels !== null) {
        yield* recall(labels);
        isRecalled = true;
      }
    } finally {
      // The caller may stop early. The next poll looks at the whole folder again.
      if (!isRecalled) changed.scanNext();
    }
    const names = await changed.attempt(async () => {
      if (dirty !== null) return withLinks(dirty);
      return isFirst ? scanFirst() : scanFolder();
    });
    yield* reportChanges(names);
    if (dirty === null) changed.scanned();
  }

  function reportLabelled({ key, version, changedAtNs, text }: FileLabel): Change {
    known.set(key, version);
    // The caller may be unable to use the label, and offer another one.
    reported = { key, read: { known: version, changedAtNs } };
    return { kind: 'labelled', key, version, label: text };
  }

  return {
    poll: () => piecewise(look(), reportLabelled),
    offerLabel(key, makeLabel) {
      if (labels === null || reported?.key !== key) return;
      const text = makeLabel();
      if (text !== null) keepLabel(key, text, reported.read);
    },
    touch: name => changed.touch(name),
    close: () => changed.close(),
  };
}

type Stored = Extract<Finding, { kind: 'stored' }>;

/** Which content was read. */
type Read = Pick<Stored, 'known' | 'changedAtNs'>;

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

/** Null when the folder does not exist. */
function openFolder(folder: string): Dir | null {
  try {
    return opendirSync(folder, { bufferSize: NAMES_PER_TURN });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
