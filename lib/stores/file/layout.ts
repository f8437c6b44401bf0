import { resolve } from 'node:path';
import { StoreError } from '../../store.ts';
import { isTemporaryName, probeName } from './temporaries/temporary.ts';

/** The file of one key. */
export interface Place {
  readonly folder: string;
  readonly name: string;
  readonly path: string;
}

/** The files of a prefix: those of one folder whose names begin with a text. */
export interface PrefixFiles {
  readonly folder: string;
  has(name: string): boolean;
  keyOf(name: string): string;
}

/**
 * Maps keys to files. `jobs/x.json` is `x.json` in the directory itself, where the original backend
 * stores it and globs `*.json`. Any other key `a/b` is `.dalsegno/a/b`. Only a probe `probe/x` is in the folder of
 * the jobs, to find out whether that is writable. It has the name of a temporary file: no list shows it, and a
 * cleaner removes it if it is left behind.
 */
export interface Layout {
  readonly root: string;
  readonly hidden: string;
  /** The folder of temporary files. */
  readonly temporaries: string;
  placeOf(key: string): Place;
  filesOf(prefix: string): PrefixFiles;
  locate(key: string): string;
  /** Whether the key is a probe: an object that is written to find out whether the store accepts writes. */
  isProbe(key: string): boolean;
}

const JOBS = 'jobs';
const JOB_SUFFIX = '.json';
const HIDDEN = '.dalsegno';
const PROBES = 'probe';

export function createLayout(directory: string): Layout {
  // The directory may be relative. It must stay the same when the process changes its working directory.
  const root = resolve(directory);
  const hidden = `${root}/${HIDDEN}`;
  const asConfigured = directory.replace(/\/+$/, '');

  return {
    root,
    hidden,
    temporaries: `${hidden}/tmp`,

    placeOf(key) {
      const { folder, name } = splitKey(key);
      if (folder === PROBES) return placeIn(root, probeName(name));
      const folderPath = isJob(folder, name) ? root : `${hidden}/${folder}`;
      return placeIn(folderPath, name);
    },

    filesOf(prefix) {
      const cut = prefix.indexOf('/');
      if (cut < 1) throw new StoreError(`Cannot list "${prefix}": it does not name a folder`);
      const folder = prefix.slice(0, cut);
      const start = prefix.slice(cut + 1);
      const ofJobs = folder === JOBS;
      return {
        folder: ofJobs ? root : `${hidden}/${folder}`,
        has: name =>
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
  // A key that leads out of the directory must never reach the disk, even if a caller did not check it.
  if (cut < 1 || name.includes('/') || isSpecial(folder) || isSpecial(name)) {
    throw new StoreError(`Cannot place key "${key}": it is not a folder and a name`);
  }
  return { folder, name };
}

function isSpecial(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || segment.includes('\0');
}
