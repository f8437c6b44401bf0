import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'node_modules/.cache/built-once');
/** What a script is built of, and how. */
const SOURCES = [
  'lib',
  'functions',
  'test/support/node',
  'test/entries/cloudflare-bundle.ts',
  'wrangler.toml',
  'package.json',
  'package-lock.json',
];
const LOOKS_AGAIN_MS = 100;
/** No run of the tests takes as long. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * The folder that `build` has filled, once for all test processes of the same sources: while one builds, the others
 * wait. What was built of other sources is kept for a day.
 */
export async function builtOnce(
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const built = join(FOLDER, `${name}-${await digestOfSources()}`);
  const lock = `${built}.lock`;
  await mkdir(FOLDER, { recursive: true });
  while (!(await isThere(built))) {
    if (!(await takesLock(lock))) {
      await pause(LOOKS_AGAIN_MS);
      continue;
    }
    try {
      if (await isThere(built)) break;
      await removeOld(`${name}-`);
      const folder = await mkdtemp(`${built}-`);
      await build(folder);
      // Tests start it as another user, too.
      await chmod(folder, 0o755);
      // Where two have taken over the lock of one that was killed, the first has built it.
      await rename(folder, built).catch(async (error: unknown) => {
        if (!(await isThere(built))) throw error;
      });
    } finally {
      await rm(lock, { force: true });
    }
  }
  return built;
}

async function removeOld(prefix: string): Promise<void> {
  for (const entry of await readdir(FOLDER)) {
    if (!entry.startsWith(prefix)) continue;
    const path = join(FOLDER, entry);
    const found = await stat(path).catch(() => null);
    if (found === null || Date.now() - found.mtimeMs < KEPT_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

/** A process that was killed leaves its lock behind. */
async function takesLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  if (owner > 0 && !isAlive(owner)) await rm(lock, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

async function isThere(folder: string): Promise<boolean> {
  try {
    await readdir(folder);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of await filesOf(join(ROOT, source))) {
      hash.update(`${file}\n`).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries.filter(entry => entry.isFile());
    return files.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw error;
    return [path];
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
