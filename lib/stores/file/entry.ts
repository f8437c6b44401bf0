import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isMissing } from './errno.ts';

/** What stands in a folder, with its kind; nothing where there is no folder. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
