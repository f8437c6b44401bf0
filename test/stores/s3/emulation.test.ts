import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../../conformance/body.ts';
import { specifyDelete } from '../../conformance/delete.ts';
import { specifyKeys } from '../../conformance/keys.ts';
import { specifyLabels } from '../../conformance/label.ts';
import type { Medium } from '../../conformance/medium.ts';
import { describeStore } from '../../conformance/suite.ts';
import { collect, write } from '../../conformance/write.ts';
import { IS_WHOLE } from '../../support/effort.ts';
import { startS3 } from '../../support/s3/emulation.ts';
import { nextPrefix, openS3 } from '../../support/s3/open-s3.ts';

const KEY = 'jobs/a.json';

// A server that is not ours, and looks at signatures: the R2 of the emulation behind its S3 endpoint.
const emulation = await startS3();
const { traits } = openS3(emulation.address);

afterAll(() => emulation.stop());

async function open(): Promise<Medium> {
  const prefix = nextPrefix();
  const handle = () => openS3(emulation.address, { prefix });
  return {
    left: handle(),
    right: handle(),
    stranger: async () => handle(),
    destroy: async () => {},
  };
}

describe.runIf(IS_WHOLE)('all that the suite has', () => {
  describeStore({ traits, open });
});

describe('an S3 server', () => {
  let medium: Medium;

  beforeEach(async () => {
    medium = await open();
  });

  // Each of their requests takes milliseconds of the processor: these have what servers may see in their own way.
  specifyDelete(() => medium);
  specifyKeys(() => medium);
  specifyLabels(() => medium, traits);

  it('put() and get() keep 5 MB and an empty body', async () => {
    const { left, right } = medium;
    await left.put(KEY, largeBody(5_000_000), UNCONDITIONAL, 'large');
    await left.put('ready/1~a', new Uint8Array(), ABSENT, 'empty');
    const large = await right.get(KEY);
    expect(sameBytes(large?.body ?? new Uint8Array(), largeBody(5_000_000))).toBe(true);
    expect((await right.get('ready/1~a'))?.body.byteLength).toBe(0);
  });

  it('put() has one winner of eight that create, and of eight that expect one version', async () => {
    const { left, right } = medium;
    for (const precondition of [ABSENT, atVersion(await write(left, 'jobs/b.json', 'start'))]) {
      const key = precondition === ABSENT ? KEY : 'jobs/b.json';
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, racer) =>
          (racer % 2 === 0 ? left : right).put(key, bodyOf(`racer ${racer}`), precondition),
        ),
      );
      const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [`racer ${racer}`]));
      expect(winners).toEqual([textOf((await right.get(key))?.body)]);
    }
  });

  it('list() gives all keys in order, and those after a key', async () => {
    const { left } = medium;
    const keys = ['a', 'a-', 'a~', 'b', 'c'].map(name => `ready/${name}`);
    await Promise.all(keys.map(key => write(left, key, '')));
    const listed = async (after?: string) =>
      (await collect(left.list('ready/', after, { labels: false }))).map(({ key }) => key);
    expect(await listed()).toEqual(keys);
    expect(await listed('ready/a-')).toEqual(keys.slice(2));
    expect(await listed('ready/bb')).toEqual(['ready/c']);
  });
});
