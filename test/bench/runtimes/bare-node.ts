import { mkdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { createBareWriter } from '../jobs/bare-save.ts';
import { createBareApp } from './bare-app.ts';

const [folder = '.'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const writer = await createBareWriter(folder);
const app = createBareApp();

serve(
  {
    fetch: request =>
      app.fetch(request, {
        put: (name, body) => writer.put(name, body),
        head: name => stat(join(folder, `bare-${name}`)),
        get: async name => new Uint8Array(await readFile(join(folder, `bare-${name}`))),
      }),
    port: 0,
    hostname: '127.0.0.1',
  },
  ({ port }) => console.log(`Listening on http://127.0.0.1:${port}`),
);
