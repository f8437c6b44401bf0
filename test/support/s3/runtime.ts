import type { Runtime } from '../runtime.ts';
import { createFakeS3, FAKE_ADDRESS } from './fake.ts';
import { openS3 } from './open-s3.ts';

// A byte order mark is part of a text.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A bucket of an S3 server, in Node. */
export const s3: Runtime = {
  keepsRepository: true,
  hasFiles: false,
  distinctVersions: false,
  openStore: () => openS3(FAKE_ADDRESS, { fetch: createFakeS3().fetch }),
  async makePlace() {
    const { fetch, objects } = createFakeS3();
    const keyOf = (name: string) => `jobs/${name}`;
    const stranger = openS3(FAKE_ADDRESS, { fetch });
    return {
      open: async () => openS3(FAKE_ADDRESS, { fetch }),
      async write(name, body) {
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
        await stranger.put(keyOf(name), bytes, { kind: 'none' });
      },
      async read(name) {
        const object = objects.get(keyOf(name));
        if (object === undefined) throw new Error(`Nothing is stored as ${name}`);
        return UTF8.decode(object.body);
      },
      async remove(name) {
        objects.delete(keyOf(name));
      },
      names: async () =>
        [...objects.keys()]
          .filter(key => key.startsWith(keyOf('')))
          .map(key => key.slice(keyOf('').length))
          .toSorted(),
    };
  },
};
