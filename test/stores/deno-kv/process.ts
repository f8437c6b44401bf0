/**
 * A process of its own on a file of `@deno/kv`.
 *
 *   <file> <key> <increments>    4 writers add to one number; answers what each stored
 */

import { openKv } from '@deno/kv';
import { increment } from '../../conformance/increment.ts';
import { storeOn } from './medium.ts';

const WRITERS = 4;
const [file = '', key = '', increments = ''] = process.argv.slice(2);

const store = storeOn(await openKv(file));
const stored: number[] = [];
let begun = 0;

async function writer(): Promise<void> {
  while (begun < Number(increments)) {
    begun += 1;
    stored.push(await increment(store, key));
  }
}

process.send?.('ready');
await new Promise(resolve => process.once('message', resolve));
await Promise.all(Array.from({ length: WRITERS }, writer));
await store.close();
process.send?.(stored);
process.disconnect();
