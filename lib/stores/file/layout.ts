import { resolve } from 'node:path';
import { StoreError } from '../../store.ts';
import { isTemporaryName, probeName } from './temporary.ts';

/** Where one key lives on the disk. */
export interface Place {
  readonly folder: string;
  readonly name: string;
  readonly path: string;
}

/** What a prefix names on the disk: some of the files of one folder. */
export interface Shelf {
  readonly folder: string;
  holds(name: string): boolean;
  keyOf(name: string): string;
}

/**
 * Maps keys to files. `jobs/x.json` is `x.json` in the directory itself, where the original backend
 * has it and globs `*.json`; any other key `a/b` is `.dalsegno/a/b`. But a probe `probe/x` stands where
 * jobs do, to tell whether those can be written, under the name of a temporary: no list shows it, and
 * cleaners remove one that was left behind.
 */
export interface Layout {
  readonly root: string;
  readonly hidden: string;
  placeOf(key: string): Place;
  shelfOf(prefix: string): Shelf;
  locate(key: string): string;
  /** Whether the object is a probe, by which somebody finds out whether the store takes writes. */
  isProbe(key: string): boolean;
}

const JOBS = 'jobs';
const JOB_SUFFIX = '.json';
const HIDDEN = '.dalsegno';
const PROBES = 'probe';

export function createLayout(directory: string): Layout {
  // The directory may be relative: what is opened must not move when the process changes folder.
  const root = resolve(directory);
  const hidden = `${root}/${HIDDEN}`;
  const asConfigured = directory.replace(/\/+$/, '');

  return {
    root,
    hidden,

    placeOf(key) {
      const { folder, name } = splitKey(key);
      if (folder === PROBES) return placeIn(root, probeName(name));
      const folderPath = isJob(folder, name) ? root : `${hidden}/${folder}`;
      return placeIn(folderPath, name);
    },

    shelfOf(prefix) {
      const cut = prefix.indexOf('/');
      if (cut < 1) throw new StoreError(`Cannot list "${prefix}": it does not name a folder`);
      const folder = prefix.slice(0, cut);
      const start = prefix.slice(cut + 1);
      const ofJobs = folder === JOBS;
      return {
        folder: ofJobs ? root : `${hidden}/${folder}`,
        holds: name =>
          name.startsWith(start) && (ofJobs ? name.endsWith(JOB_SUFFIX) : !isTemporaryName(name)),
        keyOf: name => `${folder}/${name}`,
      };
    },

    locate(key) {
      const { folder, name } = splitKey(key);
      if (isJob(folder, name)) return `${asConfigured}/${name}`;
      if (folder === PROBES) return `${asConfigured}/${probeName(name)}`;
      return `${asConfigured}/${HIDDEN}/${folder}/${name}`;
    },
    isProbe: key => key.startsWith(`${PROBES}/`),
  };
}

function placeIn(folder: string, name: string): Place {
  return { folder, name, path: `${folder}/${name}` };
}

function isJob(folder: string, name: string): boolean {
  return folder === JOBS && name.endsWith(JOB_SUFFIX);
}

function splitKey(key: string): { readonly folder: string; readonly name: string } {
  const cut = key.indexOf('/');
  const folder = key.slice(0, cut);
  const name = key.slice(cut + 1);
  // A key that steps out of the directory must never reach the disk, whoever let it through.
  if (cut < 1 || name.includes('/') || isSpecial(folder) || isSpecial(name)) {
    throw new StoreError(`Cannot place key "${key}": it is not a folder and a name`);
  }
  return { folder, name };
}

function isSpecial(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || segment.includes('\0');
}
