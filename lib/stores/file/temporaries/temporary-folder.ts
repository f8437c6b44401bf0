import { hasCode } from '../errno.ts';
import { type CreateFile, type NewFile, temporaryName } from './new-file.ts';

/**
 * Where temporary files are made. They have a folder of their own, which nobody watches: in the folder of the jobs each
 * would wake every process that follows the jobs.
 */
export interface TemporaryFolder {
  /** Creates a file that is to get a name in the destination. Makes the folder if it is missing. */
  create(destination: string, mode: number): Promise<NewFile>;
  /** Makes the files for that destination in it from now on, because no file can be moved to it from here. */
  leave(destination: string): void;
}

export function createTemporaryFolder(parts: {
  readonly folder: string;
  readonly makeFolder: () => void;
  readonly createFile: CreateFile;
}): TemporaryFolder {
  const { folder, makeFolder, createFile } = parts;
  const left = new Set<string>();

  return {
    async create(destination, mode) {
      const isHere = !left.has(destination);
      const path = `${isHere ? folder : destination}/${temporaryName()}`;
      try {
        return { path, fd: await createFile(path, mode) };
      } catch (error) {
        if (!isHere || !hasCode(error, 'ENOENT')) throw error;
      }
      makeFolder();
      return { path, fd: await createFile(path, mode) };
    },

    leave(destination) {
      left.add(destination);
    },
  };
}
