/**
 * A process of its own: `<schema> <key> <increments>`. 8 writers add to one number when it gets a message; it answers what each
 * stored.
 */

import { increment } from '../../conformance/increment.ts';
import { openStore } from '../../support/postgres/open-store.ts';

const WRITERS = 8;
const [schema = '', key = '', increments = '0'] = process.argv.slice(2);
const store = openStore(schema);
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
