/*
 * `npm run build`: the parts of the build, and then a digest of the sources in `dist`. With `--if-changed` it builds only
 * where `dist` was built of other sources: `npm test` right after `npm ci` need not build again. Plain JavaScript of old
 * engines, as `prepare.js` calls it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
  'lib',
  'functions',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const BUILT = ['dist/lib', 'dist/functions/bundle', 'dist/site/assets', 'dist/site/openapi.json'];
const NOTE = join(ROOT, 'dist/sources.sha256');

const digest = digestOfSources();
const isBuilt = existsSync(NOTE) && readFileSync(NOTE, 'utf8') === digest;
if (isBuilt && process.argv.includes('--if-changed') && BUILT.every(exists)) {
  process.stdout.write('dist/ is built of these sources\n');
} else {
  rmSync(NOTE, { force: true });
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const flags = { cwd: ROOT, stdio: 'inherit' };
  const { status, error } = spawnSync(command, [...first, 'run', 'build:parts'], flags);
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
  if (status === 0) writeFileSync(NOTE, digest);
}

/** @param {string} path below the root */
function exists(path) {
  return existsSync(join(ROOT, path));
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesOf(source)) {
      hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
    }
  }
  return hash.digest('hex');
}

/** @param {string} path of a file or a folder, below the root */
function filesOf(path) {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path))
    .toSorted()
    .flatMap(name => filesOf(`${path}/${name}`));
}
