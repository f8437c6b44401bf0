import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Puts a file into a folder: it is there whole, or not at all. */
export async function putWholeFile(
  folder: string,
  name: string,
  { text, temporary }: { readonly text: string; readonly temporary: string },
): Promise<void> {
  const path = join(folder, temporary);
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(path, join(folder, name));
}

export async function hasFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
