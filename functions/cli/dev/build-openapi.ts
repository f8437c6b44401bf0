/** Writes the description of the API, which the service has at `/openapi.json`: `npm run build:openapi`. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { createDocument } from '../../openapi/document.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TARGET = join(ROOT, 'dist/site/openapi.json');

const Package = z.object({ version: z.string() });

const { version } = Package.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
await mkdir(dirname(TARGET), { recursive: true });
await writeFile(TARGET, `${JSON.stringify(createDocument({ version }))}\n`);
