import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** In memory, where the configuration of the tests has found such a folder: there a sync takes no time. */
const MEMORY = process.env['MEMORY_DIR'] ?? tmpdir();

/** The test removes it with `rm`. A test that is about the disk names a parent, `tmpdir()`. */
export function makeLastingFolder(parent = MEMORY): Promise<string> {
  return mkdtemp(join(parent, 'dalsegno-'));
}

/** A folder that is removed after the test. Deno may not use one below `/dev`, so its tests name a parent. */
export async function makeTemporaryFolder(parent = MEMORY): Promise<string> {
  const folder = await makeLastingFolder(parent);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
