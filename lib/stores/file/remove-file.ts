import { unlinkSync } from 'node:fs';
import { hasCode } from './errno.ts';

/** Removes a name. Returns false when another program was faster. Throws the error of the system. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
