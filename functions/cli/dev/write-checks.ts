/** Writes the checks of regular states from their schema: `npm run build:checks`. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checksSource } from './checks-source.ts';

const TARGET = join(import.meta.dirname, '../../../lib/checkpoint/generated/regular-checks.ts');

await writeFile(TARGET, checksSource());
