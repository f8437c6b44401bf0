import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

// What the HTTP stack alone can do: the same bytes, from memory, with nothing around them.
const folder = process.argv[2] ?? '.';
const bodies = new Map(
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => [parse(name).name, new Uint8Array(readFileSync(`${folder}/${name}`))]),
);

const app = new Hono();
app.get('/v1/jobs/:id', c => {
  const body = bodies.get(c.req.param('id'));
  return body === undefined
    ? c.notFound()
    : c.body(body, 200, { 'Content-Type': 'application/json' });
});

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`Listening on http://127.0.0.1:${port}`);
});
