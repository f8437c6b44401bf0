import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(ROOT, 'dist/lib/worker');
/** The one file that looks for the modules of Node, at run time. */
const OF_NODE = join('client', 'node-sender.js');
const RUNTIME_NAMES = /from 'node:|\brequire\(|\b(?:Deno|process)\.|\bBuffer\b/;

function built(): readonly string[] {
  const names = readdirSync(BUILT, { recursive: true, encoding: 'utf8' });
  return names.filter(name => name.endsWith('.js') && name !== OF_NODE);
}

describe('dalsegno/worker', () => {
  it('is JavaScript that a plain import finds', async () => {
    const script = "import('dalsegno/worker').then(it => console.log(Object.keys(it).join()))";
    const { stdout } = await run(process.execPath, ['--no-strip-types', '-e', script], {
      cwd: ROOT,
    });
    expect(stdout.trim().split(',')).toEqual(
      expect.arrayContaining(['createClient', 'runWorker', 'DalsegnoError']),
    );
  });

  it.each(built())('%s names no runtime', name => {
    expect(readFileSync(join(BUILT, name), 'utf8')).not.toMatch(RUNTIME_NAMES);
  });

  it('imports no module of Node', () => {
    expect(readFileSync(join(BUILT, OF_NODE), 'utf8')).not.toMatch(/\b(?:from|import\() *'node:/);
  });
});
