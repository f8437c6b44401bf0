import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');
/** As deep as in `dist`, so that it finds the built dashboard beside `functions`. */
const FOLDER = join(ROOT, 'node_modules/.cache/service');
const ENTRY = join(FOLDER, 'functions/tests/node.js');

/**
 * The Node entry in few files, from the sources of this moment: as many tests start it, a start in half the time is
 * worth it. Only what has changed is written, and at once: another run may write it or start it now.
 */
export async function setup(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'functions/node.ts')],
    outdir: dirname(ENTRY),
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  await mkdir(dirname(ENTRY), { recursive: true });
  for (const { path, contents } of outputFiles) {
    const before = await readFile(path).catch(() => null);
    if (before?.equals(contents)) continue;
    const temporary = `${path}.${process.pid}`;
    await writeFile(temporary, contents);
    await rename(temporary, path);
  }
  await symlink(join(ROOT, 'dist/site'), join(FOLDER, 'site')).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  process.env['TEST_SERVICE'] = ENTRY;
}
