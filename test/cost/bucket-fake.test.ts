import { afterAll, describe, expect, it } from 'vitest';
import { createR2Store } from '../../lib/stores/r2.ts';
import { describeStore } from '../conformance/suite.ts';
import { openEmulation } from '../stores/emulation.ts';
import { createBucketFake } from './bucket-fake.ts';
import { fillWithRunning } from './fill-bucket.ts';

const emulation = await openEmulation();
await fillWithRunning(emulation.bucket, 250);
const fake = createBucketFake();
await fillWithRunning(fake, 250);

afterAll(() => emulation.stop());

describe('a fake of a bucket', () => {
  describeStore({
    traits: createR2Store({ bucket: fake }).traits,
    open: async () => {
      const bucket = createBucketFake();
      const open = () => createR2Store({ bucket });
      return { left: open(), right: open(), stranger: async () => open(), destroy: async () => {} };
    },
  });

  it.each([
    ['with metadata', { prefix: 'leases/', include: ['customMetadata' as const] }, 100],
    ['without metadata', { prefix: 'leases/' }, 250],
    ['behind a key', { prefix: 'leases/', startAfter: 'leases/job-90' }, 10],
  ])('list() gives the page that the emulation gives, %s', async (_, options, objects) => {
    const page = await fake.list(options);
    const emulated = await emulation.bucket.list(options);
    expect(page.objects).toHaveLength(objects);
    expect(page.objects.map(({ key, etag }) => [key, etag])).toEqual(
      emulated.objects.map(({ key, etag }) => [key, etag]),
    );
    expect(page.truncated).toBe(emulated.truncated);
  });
});
