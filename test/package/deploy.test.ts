import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNodeConfig } from '../../functions/node/config.ts';
import { ROOT } from './installed-package.ts';

const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const UNIT = readFileSync(join(ROOT, 'functions/deploy/dalsegno.service'), 'utf8');
const OF_NODE = ['NODE_ENV', 'NODE_COMPILE_CACHE'];

function settings(): readonly string[] {
  const help = readNodeConfig(['--help'], {});
  const lines = 'text' in help ? help.text.matchAll(/^ {2}--[\w-]+ +([A-Z_]+)/gm) : [];
  return [...lines].map(([, name = '']) => name);
}

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

describe.each([
  ['the unit of systemd', namesIn(UNIT, /^Environment=([A-Z_]+)=/gm)],
  ['the container image', namesIn(DOCKERFILE, /^(?:ENV| {3}) ([A-Z_]+)=/gm)],
])('%s', (_, names) => {
  it('sets only variables that the service knows', () => {
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter(name => ![...settings(), ...OF_NODE].includes(name))).toEqual([]);
  });
});

describe('the container image', () => {
  it('copies what there is, and runs the command as a user without rights', () => {
    const copied = namesIn(DOCKERFILE, /^COPY --from=build \/app\/(\S+)/gm);
    expect(copied.filter(path => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(copied).toContain('functions/cli/bin.js');
    expect(DOCKERFILE).toMatch(
      /^USER node$[^]*^ENTRYPOINT \["node", "functions\/cli\/bin\.js"\]$/m,
    );
  });

  it('is built from what the build reads', () => {
    const kept = namesIn(readFileSync(join(ROOT, '.dockerignore'), 'utf8'), /^!(.+)$/gm);
    expect(kept.filter(path => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(kept).toEqual(expect.arrayContaining(['package-lock.json', 'lib', 'functions']));
  });
});

describe('the unit of systemd', () => {
  it('starts the command of the package', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(UNIT).toContain(`node_modules/dalsegno/${bin.dalsegno} serve\n`);
  });
});
