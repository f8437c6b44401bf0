import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Run } from './run-file.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PACKAGES = ['hono', '@hono/node-server', 'miniflare', 'workerd', 'deno'];
const Package = z.object({ version: z.string() });

/** On what a run was made. */
export function describeMachine(): Pick<Run, 'machine' | 'versions' | 'commit'> {
  return {
    commit: commitOf(ROOT),
    machine: {
      cores: availableParallelism(),
      model: cpus()[0]?.model.trim() ?? 'unknown',
      memoryBytes: totalmem(),
      system: `${process.platform} ${process.arch} ${release()}`,
    },
    versions: {
      dalsegno: versionIn(join(ROOT, 'package.json')) ?? 'unknown',
      node: process.versions.node,
      ...Object.fromEntries(
        PACKAGES.flatMap(name => {
          const version = versionIn(join(ROOT, 'node_modules', name, 'package.json'));
          return version === null ? [] : [[name, version]];
        }),
      ),
    },
  };
}

function versionIn(path: string): string | null {
  try {
    return Package.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
  } catch {
    return null;
  }
}

/** Null outside of a clone. A tree with changes is not told apart from its commit. */
function commitOf(folder: string): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
