/*
 * What npm runs after an install in a clone, before it packs, and when another project links the clone: the build, where
 * the tools are there. Plain JavaScript of old engines: it runs before the project's own Node is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
const has = name => existsSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url));

const TOOLS = ['typescript', 'npm-run-all2', '@types/node', 'vite', 'esbuild'];
const isBuildable = TOOLS.every(has);
const isInstalled = has('hono');

// `npx dalsegno` links the clone before it runs it. A build would make it wait for what the command line does not use.
const isLinkedToRun = process.env.npm_command === 'exec';
const isBuilt = existsSync(new URL('../../dist/site/openapi.json', import.meta.url));

if (isBuildable) {
  if (!(isLinkedToRun && isBuilt)) run('run', 'build');
} else if (!isInstalled) {
  // Another project links this clone. npm installs nothing in it, and it cannot be built or run without its packages.
  process.stderr.write(`dalsegno: installing the packages of ${ROOT} to build it\n`);
  run('ci', '--include=dev');
}

/** @param {string[]} args of npm */
function run(...args) {
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const env = { ...process.env };
  // npm tells its scripts how it was called. The call for another project's folder is none for this one.
  for (const name of Object.keys(env)) {
    if (
      /^npm_config_(?:local_)?prefix$|^npm_config_(?:global|omit|workspace|workspaces)$|^INIT_CWD$/i.test(
        name,
      )
    )
      delete env[name];
  }
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}
