import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');
/** As deep as in `dist`, so that it finds the built dashboard beside `functions`. */
const FOLDER = join(ROOT, 'node_modules/.cache/service');
const TARGET = join(FOLDER, 'functions/tests');
/** They have machine code, or are of CommonJS and loaded only where they are asked for. */
const LEFT_OUT = ['fs-native-extensions', '@deno/kv', 'pg', 'prom-client', 'wrangler'];
/** The other packages of CommonJS ask for modules of Node by it. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * The Node entry and the command line in few files with their packages, from the sources of this moment: as many tests
 * start them, a start in half the time is worth it. Only what has changed is written, and at once: another run may write it
 * or start it now.
 */
export async function setup(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: {
      node: join(ROOT, 'functions/node.ts'),
      command: join(ROOT, 'functions/cli/main.ts'),
    },
    outdir: TARGET,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: LEFT_OUT,
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  await mkdir(TARGET, { recursive: true });
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
  process.env['TEST_SERVICE'] = join(TARGET, 'node.js');
  process.env['TEST_COMMAND'] = join(TARGET, 'command.js');
}
