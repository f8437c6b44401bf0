import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLastingFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');
const CONFIG = join(ROOT, 'functions/dashboard/vite.config.ts');
const MAX_SCRIPT_BYTES = 40_000;
const MAX_STYLE_BYTES = 10_000;

interface BuiltFile {
  readonly name: string;
  readonly text: string;
}

let folder: string;
let files: readonly BuiltFile[];
let page: string;

beforeAll(async () => {
  folder = await makeLastingFolder();
  // In a process of its own: Vite builds for tests where it finds itself in one.
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = [VITE, 'build', '--config', CONFIG, '--outDir', folder, '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  page = await readFile(join(folder, 'index.html'), 'utf8');
  const names = await readdir(join(folder, 'assets'));
  files = await Promise.all(
    names.map(async name => ({ name, text: await readFile(join(folder, 'assets', name), 'utf8') })),
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function compressedBytes(ending: string): number {
  const chosen = files.filter(({ name }) => name.endsWith(ending));
  return chosen.reduce((sum, { text }) => sum + gzipSync(text, { level: 9 }).byteLength, 0);
}

describe('the built dashboard', () => {
  it(`has less than ${MAX_SCRIPT_BYTES} bytes of script, compressed`, () => {
    expect(compressedBytes('.js')).toBeGreaterThan(10_000);
    expect(compressedBytes('.js')).toBeLessThan(MAX_SCRIPT_BYTES);
    expect(compressedBytes('.css')).toBeLessThan(MAX_STYLE_BYTES);
  });

  it('has no inline script, style or handler, which the policy forbids', () => {
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });

  it('names its files relative to itself, so that it also works below a path', () => {
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1] ?? '');
    expect(addresses.length).toBeGreaterThan(2);
    expect(addresses.filter(address => !address.startsWith('./assets/'))).toEqual([]);
  });

  it('names no other host and no data address', () => {
    const known = /^https?:\/\/www\.w3\.org\//;
    const hosts = files.flatMap(({ name, text }) =>
      [...text.matchAll(/https?:\/\/[^\s"'`)]*/g)]
        .map(match => match[0])
        .filter(host => !known.test(host))
        .map(host => `${name}: ${host}`),
    );
    expect(hosts).toEqual([]);
    expect(files.filter(({ text }) => /url\(\s*["']?data:/.test(text))).toEqual([]);
  });

  it('has no code that makes code from text', () => {
    expect(files.filter(({ text }) => /\beval\(|new Function\(/.test(text))).toEqual([]);
  });
});
