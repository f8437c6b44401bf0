import { systemRandom } from '../../lib/base/random.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { createDenoKvStore } from '../../lib/stores/deno-kv.ts';
import { openOwnKv } from '../stores/deno-kv/own-kv.ts';
import { kvBelow } from './kv-below.ts';
import { keysOf } from './leasing.ts';
import type { Runtime } from './runtime.ts';

const kv = await openOwnKv(':memory:');
// A byte order mark is part of a text.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
let opened = 0;

/** A name that no other part of the KV has; the files of tests have a KV each. */
function nextPart(): string {
  opened += 1;
  return String(opened);
}

function storeBelow(part: string): ObjectStore {
  const own = kvBelow(kv, part);
  return createDenoKvStore({ kv: own, random: systemRandom, now: () => 1_000, inMemory: true });
}

export const deno: Runtime = {
  keepsRepository: true,
  hasFiles: false,
  distinctVersions: true,
  openStore: () => storeBelow(nextPart()),
  async makePlace() {
    const part = nextPart();
    const keyOf = (name: string) => `jobs/${name}`;
    // The form of its values is the store's own: another program needs the store as well.
    const other = storeBelow(part);
    return {
      open: async () => storeBelow(part),
      async write(name, body) {
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
        await other.put(keyOf(name), bytes, UNCONDITIONAL);
      },
      async read(name) {
        const object = await other.get(keyOf(name));
        if (object === null) throw new Error(`Nothing is stored as ${name}`);
        return UTF8.decode(object.body);
      },
      async remove(name) {
        await other.delete(keyOf(name), UNCONDITIONAL);
      },
      async names() {
        return (await keysOf(other, keyOf(''))).map(key => key.slice(keyOf('').length));
      },
    };
  },
};
