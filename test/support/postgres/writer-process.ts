/**
 * A process of its own: `<schema> <key> <increments>`. 8 writers add to one number when it gets a message; it answers what each
 * stored.
 */

import { countWhenAsked } from '../../conformance/counting-process.ts';
import { openStore } from './open-store.ts';

const [schema = '', key = '', increments = '0'] = process.argv.slice(2);

await countWhenAsked(openStore(schema), { key, increments: Number(increments), writers: 8 });
