import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { ROOT, run } from './installed-package.ts';

/** A clone with its packages, and an npm that only writes how it is called. */
async function makeClone() {
  const clone = await makeTemporaryFolder();
  await mkdir(join(clone, 'functions/package'), { recursive: true });
  await cp(join(ROOT, 'functions/package/prepare.js'), join(clone, 'functions/package/prepare.js'));
  await writeFile(join(clone, 'package.json'), '{"type":"module"}');
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  const called = join(clone, 'called.txt');
  const npm = join(clone, 'npm.cjs');
  await writeFile(
    npm,
    `require('node:fs').writeFileSync(${JSON.stringify(called)}, process.argv.slice(2).join(' '))`,
  );

  return {
    async build() {
      await mkdir(join(clone, 'dist/site'), { recursive: true });
      await writeFile(join(clone, 'dist/site/openapi.json'), '{}');
    },
    /** What npm is called with; null if it is not. */
    async prepare(npmCommand: string): Promise<string | null> {
      const env = { ...process.env, npm_command: npmCommand, npm_execpath: npm };
      await run(process.execPath, ['functions/package/prepare.js'], { cwd: clone, env });
      return existsSync(called) ? await readFile(called, 'utf8') : null;
    },
  };
}

it('prepare builds the clone after an install, also a clone that is built', async () => {
  const clone = await makeClone();
  await clone.build();
  expect(await clone.prepare('ci')).toBe('run build');
});

it('prepare does not build again where npx runs the command line of a clone that is built', async () => {
  const clone = await makeClone();
  await clone.build();
  expect(await clone.prepare('exec')).toBe(null);
});

it('prepare builds where npx runs the command line of a clone that is not built', async () => {
  expect(await (await makeClone()).prepare('exec')).toBe('run build');
});
