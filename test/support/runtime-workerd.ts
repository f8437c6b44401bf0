import { env } from 'cloudflare:workers';
import type { ObjectStore } from '../../lib/store.ts';
import type { R2BucketLike, R2ObjectLike, R2PutLike } from '../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';
import { type SuiteShardsLike, suitePorts } from '../shards/workerd/suite-ports.ts';
import { namespaceBelow } from '../stores/workers-kv/namespace-below.ts';
import { bucketBelow } from './bucket-below.ts';
import type { Runtime } from './runtime.ts';
import { openSuiteStore, SUITE_SHARDS } from './shards/suite-store.ts';

/** The binding as another program has it, which writes what it likes. */
interface Bucket extends R2BucketLike {
  put(key: string, body: string | Uint8Array, options?: R2PutLike): Promise<R2ObjectLike | null>;
}

const whole = env['STATE_BUCKET'] as Bucket;
const shards = env['SUITE_SHARDS'] as SuiteShardsLike | undefined;
const wholeNamespace = env['STATE_KV'] as WorkersKvLike;
// A byte order mark is part of a text.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
let opened = 0;

/** Of a part that no other test uses. */
export function nextPrefix(): string {
  opened += 1;
  return `${opened}/`;
}

export function nextBucket(): R2BucketLike {
  return bucketBelow(whole, nextPrefix());
}

export function namespaceOf(prefix: () => string): WorkersKvLike {
  return namespaceBelow(wholeNamespace, prefix);
}

/** On shards where the suite runs on them. */
function storeOf(prefix: string): ObjectStore {
  const bucket = bucketBelow(whole, prefix);
  if (shards === undefined) return createR2Store({ bucket });
  return openSuiteStore(bucket, suitePorts(shards, prefix, SUITE_SHARDS));
}

export const workerd: Runtime = {
  keepsRepository: false,
  hasFiles: false,
  distinctVersions: false,
  openStore: () => storeOf(nextPrefix()),
  async makePlace() {
    const prefix = nextPrefix();
    const bucket = bucketBelow(whole, prefix);
    const keyOf = (name: string) => `jobs/${name}`;
    return {
      open: async () => storeOf(prefix),
      async write(name, body) {
        await whole.put(`${prefix}${keyOf(name)}`, body);
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
