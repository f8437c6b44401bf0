import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  BOOT,
  indexFiles,
  MEDIA,
  makeLabelFolder,
  pollAndLabel,
  pollOnce,
} from './label-folder.ts';

const MEDIUM_NAMES = Object.keys(MEDIA);
const OTHER_BOOT = 'boot-2';
const MINUTE_MS = 60_000;

/** A folder with two files that have labels. */
async function makeLabelled(mediumName: string) {
  const folder = await makeLabelFolder(mediumName);
  const pathOf = (name: string) => `${folder.path}/${name}`;
  writeFileSync(pathOf('a.json'), 'one');
  writeFileSync(pathOf('b.json'), 'two');
  // A time that can be set again to the nanosecond.
  for (const name of ['a.json', 'b.json']) utimesSync(pathOf(name), 1_700_000_000, 1_700_000_000);
  await folder.during(pollOnce);
  return { ...folder, pathOf };
}

/** Writes other bytes of the same number, and gives the file its former times, as `touch -r` does. */
function rewriteInSecret(path: string, text: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, text);
  utimesSync(path, atime, mtime);
}

/** What may happen to `a.json` between two processes, and what the second one then reports of it. */
const CHANGES: Readonly<Record<string, [(path: string) => void, string[]]>> = {
  'is rewritten in place': [path => writeFileSync(path, 'new'), ['stored jobs/a.json: new']],
  'is rewritten with the same size and time': [
    path => rewriteInSecret(path, 'ONE'),
    ['stored jobs/a.json: ONE'],
  ],
  'is replaced by one with the same size and time': [
    path => {
      const { atime, mtime } = statSync(path);
      writeFileSync(`${path}.new`, 'ONE');
      utimesSync(`${path}.new`, atime, mtime);
      renameSync(`${path}.new`, path);
    },
    ['stored jobs/a.json: ONE'],
  ],
  'is overwritten by a copy of another one': [
    path => copyFileSync(path.replace('a.json', 'b.json'), path),
    ['stored jobs/a.json: two'],
  ],
  'is cut': [path => truncateSync(path, 1), ['stored jobs/a.json: o']],
  'gets another mode': [path => chmodSync(path, 0o640), ['stored jobs/a.json: one']],
  'gets a second name': [path => linkSync(path, `${path}.link`), ['stored jobs/a.json: one']],
  'is removed': [unlinkSync, []],
  'becomes a folder': [
    path => {
      unlinkSync(path);
      mkdirSync(path);
    },
    [],
  ],
  'becomes a link to another file': [
    path => {
      unlinkSync(path);
      symlinkSync(path.replace('a.json', 'b.json'), path);
    },
    ['stored jobs/a.json: two'],
  ],
};

describe.each(MEDIUM_NAMES)('labels in %s', mediumName => {
  it('poll() of a later process reports unchanged files by their labels', async () => {
    const folder = await makeLabelled(mediumName);
    expect(await folder.during(pollOnce)).toEqual([
      'labelled jobs/a.json: ONE',
      'labelled jobs/b.json: TWO',
    ]);
    expect(folder.reports).toEqual([]);
  });

  it('poll() reports labels with the version of the file', async () => {
    const folder = await makeLabelled(mediumName);
    const store = await folder.open();
    for await (const change of store.follow('jobs/').poll()) {
      expect(change).toMatchObject({ kind: 'labelled', version: await store.head(change.key) });
    }
  });

  it.each(Object.entries(CHANGES))('poll() reads a file that %s', async (_, [change, lines]) => {
    const folder = await makeLabelled(mediumName);
    change(folder.pathOf('a.json'));
    expect(await folder.during(pollOnce)).toEqual(
      [...lines, 'labelled jobs/b.json: TWO'].toSorted(),
    );
    const again = lines.map(line =>
      line.replace(
        /stored (.*): (.*)/,
        (_all, key, text) => `labelled ${key}: ${text.toUpperCase()}`,
      ),
    );
    expect(await folder.during(pollOnce)).toEqual(
      [...again, 'labelled jobs/b.json: TWO'].toSorted(),
    );
  });

  it('poll() reports later changes of a file that it has reported by its label', async () => {
    const folder = await makeLabelled(mediumName);
    const follower = (await folder.open()).follow('jobs/');
    await pollAndLabel(follower);
    writeFileSync(folder.pathOf('a.json'), 'new');
    unlinkSync(folder.pathOf('b.json'));
    expect(await pollAndLabel(follower)).toEqual([
      'removed jobs/b.json',
      'stored jobs/a.json: new',
    ]);
    expect(await pollAndLabel(follower)).toEqual([]);
  });

  it('poll() reports the rest when its caller stopped early', async () => {
    const folder = await makeLabelled(mediumName);
    const follower = (await folder.open()).follow('jobs/');
    const first: string[] = [];
    for await (const { key } of follower.poll()) {
      first.push(key);
      break;
    }
    const rest = {
      'jobs/a.json': 'stored jobs/b.json: two',
      'jobs/b.json': 'stored jobs/a.json: one',
    };
    expect(await pollAndLabel(follower)).toEqual(first.map(key => Reflect.get(rest, key)));
  });

  it('poll() reads a file that was too young for a label', async () => {
    const folder = await makeLabelFolder(mediumName);
    folder.advance(-2 * MINUTE_MS);
    writeFileSync(`${folder.path}/a.json`, 'one');
    await folder.during(pollOnce);
    expect(await folder.during(pollOnce)).toEqual(['stored jobs/a.json: one']);
  });

  it('keeps the label of a young file once a later poll has found it unchanged', async () => {
    const folder = await makeLabelFolder(mediumName);
    folder.advance(-2 * MINUTE_MS);
    writeFileSync(`${folder.path}/a.json`, 'one');
    await folder.during(async store => {
      const follower = store.follow('jobs/');
      await pollAndLabel(follower);
      folder.advance(2 * MINUTE_MS);
      expect(await pollAndLabel(follower)).toEqual([]);
    });
    expect(await folder.during(pollOnce)).toEqual(['labelled jobs/a.json: ONE']);
  });

  it('poll() asks for another label where its caller cannot use the old one', async () => {
    const folder = await makeLabelled(mediumName);
    await folder.during(async store => {
      const follower = store.follow('jobs/');
      for await (const { key } of follower.poll()) follower.offerLabel(key, () => 'other');
    });
    expect(await folder.during(pollOnce)).toEqual([
      'labelled jobs/a.json: other',
      'labelled jobs/b.json: other',
    ]);
  });

  it('poll() of another prefix reports none', async () => {
    const folder = await makeLabelled(mediumName);
    const store = await folder.open();
    expect(await pollAndLabel(store.follow('leases/'))).toEqual([]);
  });

  it('has the mode of the files of the store', async () => {
    const folder = await makeLabelled(mediumName);
    const file = `${folder.path}/.dalsegno/${indexFiles(folder.path)[0]}`;
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  });

  it('is not looked for where nobody asks for labels', async () => {
    const folder = await makeLabelFolder(mediumName);
    await (await folder.open()).head('jobs/a.json');
    expect(indexFiles(folder.path)).toEqual([]);
  });
});

describe.each(MEDIUM_NAMES)('labels in %s after a restart of the machine', mediumName => {
  it('count where their files were at rest for ten minutes', async () => {
    const folder = await makeLabelFolder(mediumName);
    writeFileSync(`${folder.path}/a.json`, 'one');
    folder.advance(11 * MINUTE_MS);
    await folder.during(pollOnce);
    expect(await folder.during(pollOnce, OTHER_BOOT)).toEqual(['labelled jobs/a.json: ONE']);
  });

  it.each([OTHER_BOOT, null])(
    'do not count where their files had just changed (%s)',
    async bootId => {
      const folder = await makeLabelled(mediumName);
      const lines = ['stored jobs/a.json: one', 'stored jobs/b.json: two'];
      expect(await folder.during(pollOnce, bootId)).toEqual(lines);
    },
  );

  it('do not count later either', async () => {
    const folder = await makeLabelled(mediumName);
    await folder.during(async store => {
      // A process that ends before it has read a file.
      for await (const _ of store.follow('jobs/').poll()) break;
    }, OTHER_BOOT);
    folder.advance(60 * MINUTE_MS);
    const lines = ['stored jobs/a.json: one', 'stored jobs/b.json: two'];
    expect(await folder.during(pollOnce, 'boot-3')).toEqual(lines);
  });
});

describe.each(MEDIUM_NAMES)('labels in %s of two processes', mediumName => {
  it('are those of both', async () => {
    const folder = await makeLabelled(mediumName);
    const left = await folder.open();
    const right = await folder.open();
    const lines = ['labelled jobs/a.json: ONE', 'labelled jobs/b.json: TWO'];
    expect(await Promise.all([pollOnce(left), pollOnce(right)])).toEqual([lines, lines]);
    writeFileSync(folder.pathOf('c.json'), 'three');
    await Promise.all([pollOnce(left), pollOnce(right)]);
    writeFileSync(folder.pathOf('d.json'), 'four');
    await pollOnce(right);
    await left.close();
    await right.close();
    expect(await folder.during(pollOnce)).toEqual([
      ...lines,
      'labelled jobs/c.json: THREE',
      'labelled jobs/d.json: FOUR',
    ]);
    expect(folder.reports).toEqual([]);
  });
});

describe('labels in SQLite', () => {
  it('are read, and written later, while another program holds the lock of all writers', async () => {
    const folder = await makeLabelled('sqlite');
    const file = `${folder.path}/.dalsegno/index.sqlite`;
    const store = await folder.open();
    await pollOnce(store);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    writeFileSync(folder.pathOf('c.json'), 'three');
    expect(await pollOnce(store)).toContain('labelled jobs/a.json: ONE');
    other.exec('COMMIT');
    other.close();
    await store.close();
    expect(await folder.during(pollOnce)).toContain('labelled jobs/c.json: THREE');
    expect(folder.reports).toEqual([]);
  });

  it('are not used while another program holds the whole file', async () => {
    const folder = await makeLabelled('sqlite');
    const other = new DatabaseSync(`${folder.path}/.dalsegno/index.sqlite`);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    expect(await folder.during(pollOnce)).toEqual([
      'stored jobs/a.json: one',
      'stored jobs/b.json: two',
    ]);
    other.exec('COMMIT');
    other.close();
    expect(await folder.during(pollOnce)).toContain('labelled jobs/a.json: ONE');
  });

  it('are made again where the file has another format', async () => {
    const folder = await makeLabelled('sqlite');
    const other = new DatabaseSync(`${folder.path}/.dalsegno/index.sqlite`);
    other.exec('PRAGMA user_version = 77');
    other.close();
    expect(await folder.during(pollOnce)).toContain('stored jobs/a.json: one');
    expect(await folder.during(pollOnce)).toContain('labelled jobs/a.json: ONE');
  });

  it('load without a warning of Node', async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => warnings.push(message);
    process.on('warning', note);
    await makeLabelled('sqlite');
    process.emitWarning('another one');
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings).toEqual(['another one']);
  });
});

describe('labels in a plain file', () => {
  it('are made again where the file has another format', async () => {
    const folder = await makeLabelled('plain');
    const file = `${folder.path}/.dalsegno/index.jsonl`;
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"format":1', '"format":2'));
    expect(await folder.during(pollOnce)).toContain('stored jobs/a.json: one');
    expect(await folder.during(pollOnce)).toContain('labelled jobs/a.json: ONE');
  });

  it('take no more room than a multiple of what is current, whatever changes', async () => {
    const folder = await makeLabelled('plain');
    const file = `${folder.path}/.dalsegno/index.jsonl`;
    const { size } = statSync(file);
    for (let run = 0; run < 200; run += 1) {
      writeFileSync(folder.pathOf('a.json'), `run ${run}`);
      await folder.during(pollOnce, BOOT);
    }
    expect(statSync(file).size).toBeLessThan(100 * size);
  });
});
