import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { lines, runCommand } from './command-line.ts';

const run = promisify(execFile);

/** What bash completes for these words, the last one being typed. */
async function completed(...words: readonly string[]): Promise<readonly string[]> {
  const path = join(await makeTemporaryFolder(), 'dalsegno');
  await writeFile(path, (await runCommand(['completion', 'bash'])).stdout);
  const list = words.map(word => `'${word}'`).join(' ');
  const script = `. '${path}'; COMP_WORDS=(dalsegno ${list}); COMP_CWORD=${words.length}; _dalsegno; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-u', '-c', script]);
  return lines(stdout);
}

describe('the completion of bash', () => {
  it('completes commands', async () => {
    expect(await completed('')).toEqual(expect.arrayContaining(['serve', 'jobs', 'completion']));
    expect(await completed('co')).toEqual(['complete', 'copy', 'completion']);
    expect(await completed('--url', 'http://x', 'wa')).toEqual(['watch']);
  });

  it('completes the flags of a command, and those of all', async () => {
    expect(await completed('jobs', '--st')).toEqual(['--status', '--standing']);
    expect(await completed('jobs', '--status', 'failed', '--jso')).toEqual(['--json']);
    expect(await completed('resume', '--fo')).toEqual([]);
    expect(await completed('serve', '--state')).toEqual(['--state-dir', '--state-mode']);
  });

  it('completes the words that a flag or an argument takes', async () => {
    expect(await completed('jobs', '--standing', 'st')).toEqual(['stalled']);
    expect(await completed('token', '--scope', '')).toEqual(['read', 'work', 'admin']);
    expect(await completed('completion', 'z')).toEqual(['zsh']);
    expect(await completed('help', 'wh')).toEqual(['why']);
  });
});

describe('the completions of other shells', () => {
  it.each(['zsh', 'fish'])('know every command and flag: %s', async shell => {
    const { code, stdout } = await runCommand(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['serve', 'export', 'standing', 'stalled', 'wrangler-config']) {
      expect(stdout).toContain(word);
    }
  });

  it('are refused for a shell that is unknown', async () => {
    expect((await runCommand(['completion', 'tcsh'])).code).toBe(2);
  });
});
