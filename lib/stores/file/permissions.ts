import { chmodSync, fchmodSync, mkdirSync, statSync } from 'node:fs';
import { hasCode } from './errno.ts';

/** Who may use what the store makes: read and write, for the owner, the group and all others. */
export interface Permissions {
  readonly file: number;
  /** As for files, and who may read or write there may also enter. */
  readonly folder: number;
}

const SET_GROUP_ID = 0o2000;

export function permissionsOf(fileMode: number): Permissions {
  const enter = [0o100, 0o010, 0o001].filter(bit => (fileMode & (bit * 6)) !== 0);
  return { file: fileMode, folder: enter.reduce((mode, bit) => mode | bit, fileMode) };
}

/** Gives a new file its mode, which the umask of the process may have cut. */
export function permitFile(fd: number, { file }: Permissions): void {
  fchmodSync(fd, file);
}

/** Makes one folder; false when the name is taken. */
export function makeOneFolder(path: string, { folder }: Permissions): boolean {
  try {
    mkdirSync(path, folder);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  // A folder above may hand its group down: that bit is not for us to take away.
  chmodSync(path, folder | (statSync(path).mode & SET_GROUP_ID));
  return true;
}
