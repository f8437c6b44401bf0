import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package: of the clone, or of the installed package. */
export function packageRoot(): string {
  return findPackage().folder;
}

/** The version of this package. */
export function packageVersion(): string {
  return findPackage().version;
}

/** The sources and what is built of them have different distances to it. */
function findPackage(): { readonly folder: string; readonly version: string } {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const version = versionIn(folder);
    if (version !== null) return { folder, version };
    if (folder === dirname(folder))
      throw new Error('The package of this command has no package.json');
  }
}

function versionIn(folder: string): string | null {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return name === 'dalsegno' ? String(version) : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
