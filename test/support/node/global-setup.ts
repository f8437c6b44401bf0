import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { builtOnce } from './built-once.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** As deep as in `dist`, so that it finds the built dashboard beside `functions`. */
const SCRIPTS = 'functions/tests';
/** They have machine code, or are of CommonJS and loaded only where they are asked for. */
const LEFT_OUT = ['fs-native-extensions', '@deno/kv', 'pg', 'prom-client', 'wrangler'];
/** The other packages of CommonJS ask for modules of Node by it. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * The Node entry and the command line in few files with their packages, from the sources of this moment: as many tests
 * start them, a start in half the time is worth it.
 */
export async function setup(): Promise<void> {
  const folder = await builtOnce('service', buildService);
  process.env['TEST_SERVICE'] = join(folder, SCRIPTS, 'node.js');
  process.env['TEST_COMMAND'] = join(folder, SCRIPTS, 'command.js');
}

async function buildService(folder: string): Promise<void> {
  await mkdir(join(folder, SCRIPTS), { recursive: true });
  await symlink(join(ROOT, 'dist/site'), join(folder, 'site'));
  await build({
    entryPoints: {
      node: join(ROOT, 'functions/node.ts'),
      command: join(ROOT, 'functions/cli/main.ts'),
    },
    outdir: join(folder, SCRIPTS),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    external: LEFT_OUT,
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
}
