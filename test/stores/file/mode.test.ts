import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../lib/store.ts';
import { ABSENT, UNCONDITIONAL } from '../../../lib/store.ts';
import { createFileStore } from '../../../lib/stores/file.ts';
import { bodyOf } from '../../conformance/body.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

let folder: StateFolder;
let umask: number;

beforeEach(async () => {
  folder = await makeStateFolder();
  umask = process.umask();
});

afterEach(async () => {
  process.umask(umask);
  await folder.destroy();
});

const UMASKS = [0o000, 0o022, 0o077, 0o277] as const;

/** `undefined`: not configured. */
const MODES = [
  [undefined, 0o600, 0o700],
  [0o600, 0o600, 0o700],
  [0o640, 0o640, 0o750],
  [0o660, 0o660, 0o770],
  [0o644, 0o644, 0o755],
  [0o620, 0o620, 0o730],
] as const;
const CASES = MODES.flatMap(([mode, file, inner]) =>
  UMASKS.map(mask => [mode, file, inner, mask] as const),
);

describe.each(CASES)('with the mode %o', (mode, fileMode, folderMode, mask) => {
  const directory = () => `${folder.path}/new/state`;

  async function open(onCrashPoint?: (step: string) => void): Promise<ObjectStore> {
    process.umask(mask);
    return createFileStore({
      directory: directory(),
      now: Date.now,
      random: Math.random,
      ...(mode === undefined ? {} : { mode }),
      seams: onCrashPoint === undefined ? {} : { onCrashPoint },
    });
  }

  it(`every file has ${fileMode.toString(8)} and every folder ${folderMode.toString(8)}, the umask being ${mask.toString(8)}`, async () => {
    const temporaries = new Set<number>();
    const store = await open(step => {
      if (step !== 'filled') return;
      const [name = ''] = readdirSync(`${directory()}/.dalsegno/tmp`);
      temporaries.add(modeOf(`${directory()}/.dalsegno/tmp/${name}`));
    });
    await store.put('jobs/a.json', bodyOf('one'), ABSENT);
    await store.put('jobs/a.json', bodyOf('two'), UNCONDITIONAL);
    await store.put('jobs/b.json', bodyOf('three'), UNCONDITIONAL);
    const ofSides = await open();
    await ofSides.put('leases/a.1.json', bodyOf('lease'), ABSENT);
    await store.close();
    await ofSides.close();
    const files = ['a.json', 'b.json', '.dalsegno/lock', '.dalsegno/leases/a.1.json'];
    const folders = ['..', '.', '.dalsegno', '.dalsegno/leases', '.dalsegno/tmp'];
    expect(files.map(name => modeOf(`${directory()}/${name}`))).toEqual(files.map(() => fileMode));
    expect(folders.map(name => modeOf(`${directory()}/${name}`))).toEqual(
      folders.map(() => folderMode),
    );
    expect([...temporaries]).toEqual([fileMode]);
  });

  it('new folders and files have it too', async () => {
    const store = await open();
    await store.put('leases/a.1.json', bodyOf('lease'), ABSENT);
    rmSync(`${directory()}/.dalsegno`, { recursive: true });
    await store.put('leases/a.1.json', bodyOf('lease'), UNCONDITIONAL);
    await store.close();
    expect(modeOf(`${directory()}/.dalsegno/lock`)).toBe(fileMode);
    expect(modeOf(`${directory()}/.dalsegno`)).toBe(folderMode);
    expect(modeOf(`${directory()}/.dalsegno/leases`)).toBe(folderMode);
  });
});

describe('what was there before', () => {
  it('a file that is written over gets the mode, and others and folders keep theirs', async () => {
    process.umask(0);
    mkdirSync(`${folder.path}/.dalsegno`, { mode: 0o755 });
    for (const name of ['a.json', 'b.json']) {
      writeFileSync(`${folder.path}/${name}`, 'old', { mode: 0o644 });
    }
    const store = await folder.open();
    await store.put('jobs/a.json', bodyOf('new'), UNCONDITIONAL);
    expect(modeOf(`${folder.path}/a.json`)).toBe(0o600);
    expect(modeOf(`${folder.path}/b.json`)).toBe(0o644);
    expect(modeOf(`${folder.path}/.dalsegno`)).toBe(0o755);
  });

  it('a folder hands its group down, where it has the bit for that', async () => {
    mkdirSync(`${folder.path}/.dalsegno`);
    const store = await folder.open();
    chmodSync(`${folder.path}/.dalsegno`, 0o2770);
    await store.put('leases/a.1.json', bodyOf('lease'), ABSENT);
    expect(statSync(`${folder.path}/.dalsegno/leases`).mode & 0o7777).toBe(0o2700);
  });
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
