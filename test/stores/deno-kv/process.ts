/**
 * A process of its own on a file of `@deno/kv`.
 *
 *   <file> <key> <increments>    4 writers add to one number; answers what each stored
 */

import { openKv } from '@deno/kv';
import { countWhenAsked } from '../../conformance/counting-process.ts';
import { storeOn } from './medium.ts';

const [file = '', key = '', increments = ''] = process.argv.slice(2);

await countWhenAsked(storeOn(await openKv(file)), {
  key,
  increments: Number(increments),
  writers: 4,
});
