import { readdirSync } from 'node:fs';
import { isMissing } from '../errno.ts';

export const JOURNAL_SUFFIX = '.journal';

/** The names of all journals in a folder. */
export function journalNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => name.endsWith(JOURNAL_SUFFIX));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
