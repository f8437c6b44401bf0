import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import type { Random } from '../../../../lib/base/random.ts';
import type { DiskStep, Inode } from './disk-log.ts';

/**
 * What a cut of power does to the steps that no sync covers. `lost`: the disk has none of them. `names-only`: it has all
 * names and no bytes. `kept`: it has all. `mixed`: it has any of them, in any order, and parts of writes.
 */
export const OUTCOMES = ['lost', 'names-only', 'kept', 'mixed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

interface StoredFile {
  bytes: Uint8Array;
  /** Null where the disk lost the time that the program had set. */
  seconds: number | null;
}

/** The content of a disk: folders with the names in them. */
export interface DiskImage {
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, Inode>>;
  readonly files: ReadonlyMap<Inode, StoredFile>;
}

/** What the disk has after a cut of power behind `cut` steps. */
export function imageAt(
  steps: readonly DiskStep[],
  cut: number,
  { outcome, random }: { readonly outcome: Outcome; readonly random: Random },
): DiskImage {
  const isDurable = durableSteps(steps, cut);
  const folders = new Map<string, Map<string, Inode>>([['', new Map()]]);
  const files = new Map<Inode, StoredFile>();
  const fileOf = (inode: Inode): StoredFile => {
    const file = files.get(inode) ?? { bytes: new Uint8Array(), seconds: null };
    files.set(inode, file);
    return file;
  };
  const keepsName = () => outcome !== 'lost' && (outcome !== 'mixed' || random.fraction() < 0.5);
  const keepsBytes = () => outcome === 'kept' || (outcome === 'mixed' && random.fraction() < 0.5);
  /** A journaled file system keeps the time of a file that has kept a name which it got later. */
  const timed = new Map<Inode, number>();

  for (let index = 0; index < cut; index += 1) {
    const step = steps[index];
    if (step === undefined) break;
    const durable = isDurable.has(index);
    switch (step.kind) {
      case 'make-folder':
        folders.set(step.folder, new Map());
        break;
      case 'name':
        if (!durable && !keepsName()) break;
        nameIn(folders, step.folder).set(step.name, step.inode);
        keepTime(step.inode);
        break;
      case 'rename': {
        if (!durable && !keepsName()) break;
        const names = nameIn(folders, step.folder);
        names.delete(step.from);
        names.set(step.to, step.inode);
        keepTime(step.inode);
        break;
      }
      case 'unname':
        if (durable || keepsName()) nameIn(folders, step.folder).delete(step.name);
        break;
      case 'write': {
        const file = fileOf(step.inode);
        const bytes = durable || keepsBytes() ? step.bytes : tornOf(step.bytes);
        if (bytes !== null) file.bytes = written(file.bytes, step.offset, bytes);
        break;
      }
      case 'resize': {
        const file = fileOf(step.inode);
        if (durable || keepsBytes()) file.bytes = resized(file.bytes, step.size);
        break;
      }
      case 'times':
        timed.set(step.inode, step.seconds);
        if (durable) fileOf(step.inode).seconds = step.seconds;
        break;
      case 'sync':
      case 'synced':
        break;
      default:
        step satisfies never;
    }
  }
  return { folders, files };

  function keepTime(inode: Inode): void {
    const seconds = timed.get(inode);
    if (seconds !== undefined) fileOf(inode).seconds = seconds;
  }

  /** What the disk has of bytes that were not synced: nothing, the first of them, or zeros in their place. */
  function tornOf(bytes: Uint8Array): Uint8Array | null {
    if (outcome !== 'mixed') return null;
    const kind = random.fraction();
    if (kind < 0.4) return null;
    const length = Math.floor(random.fraction() * bytes.byteLength);
    return kind < 0.8 ? bytes.subarray(0, length) : new Uint8Array(bytes.byteLength);
  }
}

/** The steps that a completed sync covers: those of its target from before it began. */
function durableSteps(steps: readonly DiskStep[], cut: number): ReadonlySet<number> {
  const durable = new Set<number>();
  const ended = new Set<number>();
  for (let index = 0; index < cut; index += 1) {
    const step = steps[index];
    if (step?.kind === 'synced') ended.add(step.id);
  }
  const synced = new Set<Inode | string>();
  for (let index = cut - 1; index >= 0; index -= 1) {
    const step = steps[index];
    if (step === undefined) continue;
    if (step.kind === 'sync' && ended.has(step.id)) synced.add(step.target);
    if (targetsOf(step).some(target => synced.has(target))) durable.add(index);
  }
  return durable;
}

function targetsOf(step: DiskStep): readonly (Inode | string)[] {
  switch (step.kind) {
    case 'name':
    case 'unname':
    case 'rename':
      return [step.folder];
    case 'write':
    case 'resize':
    case 'times':
      return [step.inode];
    case 'make-folder':
    case 'sync':
    case 'synced':
      return [];
    default:
      return step satisfies never;
  }
}

function nameIn(folders: Map<string, Map<string, Inode>>, folder: string): Map<string, Inode> {
  const names = folders.get(folder) ?? new Map<string, Inode>();
  folders.set(folder, names);
  return names;
}

/** In place where it fits: the image owns the bytes of its files. */
function written(file: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const next = resized(file, Math.max(file.byteLength, offset + bytes.byteLength));
  next.set(bytes, offset);
  return next;
}

function resized(file: Uint8Array, size: number): Uint8Array {
  if (size === file.byteLength) return file;
  const next = new Uint8Array(size);
  next.set(file.subarray(0, size));
  return next;
}

/** Writes the image below an empty folder. A file without a time gets the present one, as from the system. */
export function writeImage({ folders, files }: DiskImage, root: string): void {
  for (const folder of [...folders.keys()].toSorted()) {
    mkdirSync(`${root}/${folder}`, { recursive: true });
    for (const [name, inode] of folders.get(folder) ?? []) {
      const path = folder === '' ? `${root}/${name}` : `${root}/${folder}/${name}`;
      const { bytes, seconds } = files.get(inode) ?? { bytes: new Uint8Array(), seconds: null };
      writeFileSync(path, bytes.subarray(0, usedLength(bytes)), { mode: 0o600 });
      truncateSync(path, bytes.byteLength);
      if (seconds !== null) utimesSync(path, seconds, seconds);
    }
  }
}

/** The length without the zeros at the end, which a file need not store. */
function usedLength(bytes: Uint8Array): number {
  let length = bytes.byteLength;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length;
}
