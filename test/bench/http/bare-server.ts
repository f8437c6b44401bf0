import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { openStore } from '../jobs/job-folder.ts';

// What the HTTP stack alone can do: the same bytes, from memory, with nothing around them.
const [folder = '.', stateDir] = process.argv.slice(2);
const bodies = new Map(
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => [parse(name).name, new Uint8Array(readFileSync(`${folder}/${name}`))]),
);

const ONE = new TextEncoder().encode('1');

const app = new Hono();
app.get('/v1/jobs/:id', c => {
  const body = bodies.get(c.req.param('id'));
  return body === undefined
    ? c.notFound()
    : c.body(body, 200, { 'Content-Type': 'application/json' });
});
app.put('/v1/jobs/:id/lease', c => answerRead(c, 'heartbeat'));
app.post('/v1/heartbeats', c => answerRead(c, 'batch'));
app.post('/v1/claims', c => answerRead(c, 'claim'));
if (stateDir !== undefined) {
  const store = await openStore(stateDir);
  app.post('/durable/:lane/:name', async c => {
    const { lane, name } = c.req.param();
    await putAll(store, { lane, name });
    return answerRead(c, name);
  });
}

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`Listening on http://127.0.0.1:${port}`);
});

async function answerRead(c: Context, name: string): Promise<Response> {
  await c.req.arrayBuffer();
  const body = bodies.get(name);
  return body === undefined
    ? c.notFound()
    : c.body(body, 200, { 'Content-Type': 'application/json' });
}

/** The puts that an answer stands for: `<name>-put-<n>`, one after the other, each `<name>-times` times side by side. */
async function putAll(
  store: ObjectStore,
  { lane, name }: { lane: string; name: string },
): Promise<void> {
  const times = Number(new TextDecoder().decode(bodies.get(`${name}-times`) ?? ONE));
  for (let step = 1; ; step++) {
    const body = bodies.get(`${name}-put-${step}`);
    if (body === undefined) return;
    const keys = Array.from(
      { length: times },
      (_, index) => `bare/${name}-${step}.${lane}.${index}`,
    );
    await Promise.all(keys.map(key => store.put(key, body, UNCONDITIONAL)));
  }
}
