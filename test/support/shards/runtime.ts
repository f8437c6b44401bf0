import type { Runtime } from '../runtime.ts';
import { openNodeShards } from './node-shards.ts';

// A byte order mark is part of a text.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The store of two media, in Node. */
export const shards: Runtime = {
  keepsRepository: true,
  hasFiles: false,
  distinctVersions: false,
  openStore: () => openNodeShards().open(),
  async makePlace() {
    const place = openNodeShards();
    const { bucket } = place;
    const keyOf = (name: string) => `jobs/${name}`;
    return {
      open: async () => place.open(),
      async write(name, body) {
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
        await bucket.put(keyOf(name), bytes, {});
      },
      async read(name) {
        const object = await bucket.get(keyOf(name));
        if (object === null) throw new Error(`Nothing is stored as ${name}`);
        return UTF8.decode(await object.arrayBuffer());
      },
      remove: name => bucket.delete(keyOf(name)),
      async names() {
        const { objects } = await bucket.list({ prefix: keyOf('') });
        return objects.map(({ key }) => key.slice(keyOf('').length));
      },
    };
  },
};
