import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';

/** A folder of the bench's own; the caller disposes of it with `removeFolder`. */
export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'dalsegno-bench-'));
}

/** One that is kept in memory where that is possible, for what is measured by processor time or memory alone. */
export function makeMemoryFolder(): Promise<string> {
  return existsSync(MEMORY) ? mkdtemp(join(MEMORY, 'dalsegno-bench-')) : makeFolder();
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
