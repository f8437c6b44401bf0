import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** In memory, where the configuration of the tests has found such a folder: there a sync takes no time. */
const MEMORY = process.env['MEMORY_DIR'] ?? tmpdir();

/** For a test that says nothing about the disk. The test removes it with `rm`. */
export function makeLastingFolder(): Promise<string> {
  return mkdtemp(join(MEMORY, 'dalsegno-'));
}

/** A folder that is removed after the test. Deno may not use one below `/dev`, so its tests name a parent. */
export async function makeTemporaryFolder(parent = MEMORY): Promise<string> {
  const folder = await mkdtemp(join(parent, 'dalsegno-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
