import type { ObjectStore } from '../../lib/store.ts';
import { increment } from './increment.ts';

/**
 * What a process does that a test has forked: when it gets a message, so many writers add to the number under the key together, as
 * often as `increments` says in all. It answers what each stored, closes the store, and lets the process end.
 */
export async function countWhenAsked(
  store: ObjectStore,
  {
    key,
    increments,
    writers,
  }: { readonly key: string; readonly increments: number; readonly writers: number },
): Promise<void> {
  const stored: number[] = [];
  let begun = 0;

  async function writer(): Promise<void> {
    while (begun < increments) {
      begun += 1;
      stored.push(await increment(store, key));
    }
  }

  process.send?.('ready');
  await new Promise(resolve => process.once('message', resolve));
  await Promise.all(Array.from({ length: writers }, writer));
  await store.close();
  process.send?.(stored);
  process.disconnect();
}
