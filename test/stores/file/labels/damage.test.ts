import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LabelMedium } from '../../../../lib/stores/file/labels/label-medium.ts';
import { cases } from '../../../support/effort.ts';
import { seededRandom } from '../../../support/random.ts';
import { indexFiles, MEDIA, makeLabelFolder, pollAndLabel, pollOnce } from './label-folder.ts';

const FILES = 40;
const SEEDS = cases(12);

function nameOf(index: number): string {
  return `job-${String(index).padStart(2, '0')}`;
}

/** What a poll reports of each file: read, or by the one right label. */
const LINES: readonly (readonly string[])[] = Array.from({ length: FILES }, (_, index) => {
  const name = nameOf(index);
  return [
    `stored jobs/${name}.json: text of ${name}`,
    `labelled jobs/${name}.json: ${`text of ${name}`.toUpperCase()}`,
  ];
});

async function makeFilled(mediumName: string) {
  const folder = await makeLabelFolder(mediumName);
  for (let index = 0; index < FILES; index += 1) {
    const name = nameOf(index);
    writeFileSync(`${folder.path}/${name}.json`, `text of ${name}`);
  }
  await folder.during(pollOnce);
  const [name = ''] = indexFiles(folder.path);
  return { ...folder, file: `${folder.path}/.dalsegno/${name}` };
}

function isWhole(lines: readonly string[]): boolean {
  const byKey = lines.toSorted((left, right) => keyOf(left).localeCompare(keyOf(right)));
  return (
    byKey.length === FILES && byKey.every((line, index) => LINES[index]?.includes(line) === true)
  );
}

function keyOf(line: string): string {
  return /jobs\/[^:]*/.exec(line)?.[0] ?? '';
}

describe.each(Object.keys(MEDIA))('damage of labels in %s', mediumName => {
  it.each([
    ['empty', () => ''],
    ['another text', () => 'This is no index'],
    ['its first half', (content: Buffer) => content.subarray(0, content.length >> 1)],
    ['zeros of its size', (content: Buffer) => Buffer.alloc(content.length)],
    ['itself twice', (content: Buffer) => Buffer.concat([content, content])],
  ])('poll() reports every file rightly where the file is %s', async (_, damage) => {
    const folder = await makeFilled(mediumName);
    writeFileSync(folder.file, damage(readFileSync(folder.file)));
    expect(isWhole(await folder.during(pollOnce))).toBe(true);
    expect(isWhole(await folder.during(pollOnce))).toBe(true);
    const last = await folder.during(pollOnce);
    expect(last.filter(line => line.startsWith('labelled'))).toHaveLength(FILES);
  });

  it(`poll() reports every file rightly after each of ${SEEDS} random damages`, async () => {
    const folder = await makeFilled(mediumName);
    const sound = readFileSync(folder.file);
    const wrong: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = seededRandom(seed);
      const damaged = Buffer.from(sound);
      const flips = 1 + Math.floor(random.fraction() * 30);
      for (let flip = 0; flip < flips; flip += 1) {
        damaged[Math.floor(random.fraction() * damaged.length)] = Math.floor(
          random.fraction() * 256,
        );
      }
      for (const suffix of ['-wal', '-shm']) rmSync(`${folder.file}${suffix}`, { force: true });
      writeFileSync(folder.file, damaged);
      if (!isWhole(await folder.during(pollOnce))) wrong.push(seed);
      if (!isWhole(await folder.during(pollOnce))) wrong.push(seed);
    }
    expect(wrong).toEqual([]);
  });

  it('poll() reports every file rightly where the file is cut at any place', async () => {
    const folder = await makeFilled(mediumName);
    const sound = readFileSync(folder.file);
    const wrong: number[] = [];
    const step = Math.ceil(sound.length / 50);
    for (let size = sound.length - 1; size > 0; size -= step) {
      for (const suffix of ['-wal', '-shm']) rmSync(`${folder.file}${suffix}`, { force: true });
      writeFileSync(folder.file, sound);
      truncateSync(folder.file, size);
      if (!isWhole(await folder.during(pollOnce))) wrong.push(size);
    }
    expect(wrong).toEqual([]);
  });

  it('poll() reports every file rightly where the file is removed while it is open', async () => {
    const folder = await makeFilled(mediumName);
    const store = await folder.open();
    await pollOnce(store);
    for (const name of indexFiles(folder.path)) rmSync(`${folder.path}/.dalsegno/${name}`);
    writeFileSync(`${folder.path}/${nameOf(0)}.json`, `text of ${nameOf(0)}`);
    expect(isWhole(await pollOnce(store))).toBe(true);
    await store.close();
    expect(isWhole(await folder.during(pollOnce))).toBe(true);
  });

  it('poll() reports every file rightly after a process that was killed', async () => {
    const folder = await makeFilled(mediumName);
    // Not closed before the next one begins, as after a kill.
    const killed = await folder.open();
    writeFileSync(`${folder.path}/${nameOf(0)}.json`, `text of ${nameOf(0)}`);
    await pollOnce(killed);
    expect(isWhole(await folder.during(pollOnce))).toBe(true);
  });
});

describe('a medium of labels that fails', () => {
  const failing =
    (task: 'open' | 'write'): (() => LabelMedium) =>
    () => ({
      path: 'index',
      open() {
        if (task === 'open') throw new Error('the disk is full');
        return {
          pages: () => [],
          write: () => {
            throw new Error('the disk is full');
          },
          compact: () => [],
          close: () => {},
        };
      },
      discard: () => {},
      faultOf: () => 'failed',
    });

  it.each(['open', 'write'] as const)('by %s() is reported once, and fails nothing', async task => {
    const folder = await makeLabelFolder('plain');
    writeFileSync(`${folder.path}/a.json`, 'one');
    const store = await folder.open({ medium: failing(task) });
    const follower = store.follow('jobs/');
    expect(await pollAndLabel(follower)).toEqual(['stored jobs/a.json: one']);
    writeFileSync(`${folder.path}/b.json`, 'two');
    expect(await pollAndLabel(follower)).toEqual(['stored jobs/b.json: two']);
    await store.close();
    expect(folder.reports).toEqual(['index: the disk is full']);
  });
});
