/** Makes the calls of the session, and writes them with their answers: `node test/openapi/write-examples.ts`. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { play } from './play.ts';
import { SESSION } from './session.ts';

const RECORDED = join(import.meta.dirname, '../../functions/openapi/examples/recorded.json');

await writeFile(RECORDED, `${JSON.stringify(await play(SESSION), null, 2)}\n`);
