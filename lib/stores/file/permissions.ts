import { chmodSync, fchmodSync, mkdirSync, statSync } from 'node:fs';
import { hasCode } from './errno.ts';

/** The modes of new files and folders: read and write access for the owner, the group and all others. */
export interface Permissions {
  readonly file: number;
  /** Like `file`, and every class that may read or write may also enter. */
  readonly folder: number;
}

const SET_GROUP_ID = 0o2000;

export function permissionsOf(fileMode: number): Permissions {
  const enter = [0o100, 0o010, 0o001].filter(bit => (fileMode & (bit * 6)) !== 0);
  return { file: fileMode, folder: enter.reduce((mode, bit) => mode | bit, fileMode) };
}

/** Gives a new file its full mode, which the umask of the process may have reduced. */
export function permitFile(fd: number, { file }: Permissions): void {
  fchmodSync(fd, file);
}

/** Creates one folder. Returns false when the name is taken. */
export function makeOneFolder(path: string, { folder }: Permissions): boolean {
  try {
    mkdirSync(path, folder);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  // The parent may pass on its group by the set-group-ID bit, which must stay.
  chmodSync(path, folder | (statSync(path).mode & SET_GROUP_ID));
  return true;
}
