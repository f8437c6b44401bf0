import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

export const run = promisify(execFile);
export const ROOT = join(import.meta.dirname, '../..');

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  bin: z.record(z.string(), z.string()).optional(),
  exports: z.json(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
export type Manifest = z.infer<typeof Manifest>;

/** The package in a folder of its own, as an install without a network would put it there. */
export interface InstalledPackage {
  readonly tarball: string;
  /** The project that uses it. */
  readonly project: string;
  /** `node_modules/dalsegno` of that project. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly bin: string;
  /** All files, as paths in the package. */
  readonly files: readonly string[];
}

/** Packs what is built, unpacks it in a project below this folder, and links the packages that it depends on. */
export async function installPackage(folder: string): Promise<InstalledPackage> {
  const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const tarball = join(folder, packed.stdout.trim().split('\n').at(-1) ?? '');
  const project = join(folder, 'project');
  const installed = join(project, 'node_modules/dalsegno');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const manifest = manifestIn(installed);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
  const { version } = manifest;
  const own = { name: 'project', private: true, dependencies: { dalsegno: version } };
  await writeFile(join(project, 'package.json'), JSON.stringify(own));
  return {
    tarball,
    project,
    folder: installed,
    manifest,
    bin: join(installed, manifest.bin?.['dalsegno'] ?? ''),
    files: filesBelow(installed),
  };
}

/** A clone in this folder, without the packages that only development needs. */
export async function cloneForProduction(folder: string): Promise<string> {
  const clone = join(folder, 'clone');
  for (const part of ['lib', 'functions', 'package.json', 'tsconfig.build.json']) {
    await cp(join(ROOT, part), join(clone, part), { recursive: true });
  }
  for (const name of closureOf(manifestIn(ROOT))) {
    const link = join(clone, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
  return clone;
}

/** The bytes of a package and of all that it depends on, as they are installed here. */
export function installedBytes({ folder, manifest }: InstalledPackage): number {
  const folders = [folder, ...closureOf(manifest).map(name => join(ROOT, 'node_modules', name))];
  return folders.reduce((sum, each) => sum + bytesBelow(each), 0);
}

/** The names of all packages that are installed with this one. */
function closureOf(manifest: Manifest): readonly string[] {
  const known = new Set<string>();
  const rest = [manifest];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const name of Object.keys({ ...next.dependencies, ...next.optionalDependencies })) {
      const folder = join(ROOT, 'node_modules', name);
      if (known.has(name) || !existsSync(folder)) continue;
      known.add(name);
      rest.push(manifestIn(folder));
    }
  }
  return [...known];
}

function manifestIn(folder: string): Manifest {
  return Manifest.parse({
    exports: null,
    version: '',
    ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  });
}

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

function bytesBelow(folder: string): number {
  return filesBelow(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
