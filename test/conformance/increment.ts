import { atVersion, type ObjectStore } from '../../lib/store.ts';

/** Adds one to the number stored under the key. Retries when a rival is faster. */
export async function increment(store: ObjectStore, key: string): Promise<number> {
  for (;;) {
    const object = await store.get(key);
    if (object === null) throw new Error(`Nothing is stored under "${key}"`);
    const next = Number(new TextDecoder().decode(object.body)) + 1;
    const body = new TextEncoder().encode(String(next));
    if ((await store.put(key, body, atVersion(object.version))) !== null) return next;
  }
}
