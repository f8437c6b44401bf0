import { type Context, Hono } from 'hono';

/** The store of a platform, used in its own way. */
export interface BareStore {
  /** Writes one object, and settles when it is stored. */
  put(key: string, body: Uint8Array<ArrayBuffer>): Promise<unknown>;
  /** Finds out which version is stored. */
  head(key: string): Promise<unknown>;
  get(key: string): Promise<Uint8Array<ArrayBuffer> | ReadableStream | null>;
}

interface Env {
  readonly Bindings: BareStore;
}

/** The puts that a call of the service stands for, by the names of their bodies. */
const PUTS: Readonly<Record<string, readonly string[]>> = {
  save: ['job'],
  update: ['job'],
  heartbeat: ['lease'],
  claim: ['lease', 'job'],
  release: ['lease', 'lease', 'job'],
};

/**
 * What Hono alone can do on a runtime: the same routes, which read the body and answer the bytes that the service
 * answered. Below `/durable` each also makes the writes that the service makes, by the API of the platform. Below
 * `/asked` a job is answered from memory after a question for its version, below `/stored` from the store.
 */
export function createBareApp(): Hono<Env> {
  const bodies = new Map<string, Uint8Array<ArrayBuffer>>();

  function answer(c: Context<Env>, name: string): Response {
    const body = bodies.get(name);
    if (body === undefined || body.byteLength === 0) return c.body(null, 204);
    return c.body(body, 200, { 'Content-Type': 'application/json' });
  }

  async function readAndAnswer(c: Context<Env>, name: string): Promise<Response> {
    await c.req.arrayBuffer();
    return answer(c, name);
  }

  async function putAndAnswer(c: Context<Env>, name: string): Promise<Response> {
    await c.req.arrayBuffer();
    for (const [step, bodyName] of (PUTS[name] ?? []).entries()) {
      const body = bodies.get(bodyName);
      if (body === undefined) throw new Error(`No body ${bodyName}`);
      await c.env.put(`${name}-${step}-${c.req.header('X-Lane') ?? ''}`, body);
    }
    return answer(c, name);
  }

  const app = new Hono<Env>();
  app.get('/v1/jobs/:id', c => answer(c, c.req.param('id')));
  app.get('/asked/v1/jobs/:id', async c => {
    const id = c.req.param('id');
    if ((await c.env.head(id)) === null) return c.body(null, 404);
    return answer(c, id);
  });
  app.get('/stored/v1/jobs/:id', async c => {
    const body = await c.env.get(c.req.param('id'));
    if (body === null) return c.body(null, 404);
    const headers = { 'Content-Type': 'application/json' };
    return body instanceof Uint8Array ? c.body(body, 200, headers) : c.body(body, 200, headers);
  });
  for (const [prefix, handle] of [
    ['', readAndAnswer],
    ['/durable', putAndAnswer],
  ] as const) {
    app.put(`${prefix}/v1/jobs/:id`, c => handle(c, 'save'));
    app.put(`${prefix}/v1/jobs/:id/sheets/:sheet`, c => handle(c, 'update'));
    app.put(`${prefix}/v1/jobs/:id/lease`, c => handle(c, 'heartbeat'));
    app.delete(`${prefix}/v1/jobs/:id/lease`, c => handle(c, 'release'));
    app.post(`${prefix}/v1/claims`, c => handle(c, 'claim'));
  }
  app.put('/bodies/:name', async c => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    bodies.set(c.req.param('name'), body);
    if (body.byteLength > 0) await c.env.put(c.req.param('name'), body);
    return c.body(null, 204);
  });
  return app;
}
