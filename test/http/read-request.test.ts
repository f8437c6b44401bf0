import { Hono } from 'hono';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { HttpContext, HttpEnv } from '../../functions/http/env.ts';
import { invalid, type Reader, readRequest } from '../../functions/http/read-request.ts';
import { jsonBody } from '../../functions/http/request-body.ts';
import { readSheetNum, readTarget } from '../../functions/http/request-params.ts';
import { ok, type Result } from '../../lib/failure.ts';
import type { JobTarget } from '../../lib/keys/job-id.ts';

const Body = z.strictObject({ text: z.string() });

/** What `read` makes of a request. */
async function resultOf<T>(request: Request, read: (c: HttpContext) => Promise<T>): Promise<T> {
  const results: T[] = [];
  const app = new Hono<HttpEnv>();
  app.all('*', async c => {
    results.push(await read(c));
    return c.body(null);
  });
  await app.fetch(request, {});
  const [result] = results;
  if (result === undefined) throw new Error('The request was not read');
  return result;
}

function put(path: string, body: unknown): Request {
  const headers = { 'Content-Type': 'application/json' };
  return new Request(`http://localhost${path}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
}

const readSheet = (c: HttpContext) =>
  readRequest(c, { target: readTarget, sheetNum: readSheetNum, body: jsonBody(Body, 1000) });

/** A reader that notes its name. */
function noting<T>(names: string[], name: string, result: Result<T>): Reader<T> {
  return () => {
    names.push(name);
    return result;
  };
}

describe('readRequest()', () => {
  it('returns the value of each part under its name', async () => {
    const request = put('/v1/jobs/a%20b/sheets/3', { text: 'x' });
    expect(await resultOf(request, readSheet)).toEqual({
      ok: true,
      value: { target: { jobId: 'a b', key: 'jobs/a_b.json' }, sheetNum: 3, body: { text: 'x' } },
    });
  });

  it('types each value as its reader does', () => {
    expectTypeOf(readSheet).returns.resolves.toEqualTypeOf<
      Result<{ target: JobTarget; sheetNum: number; body: { text: string } }>
    >();
  });

  it.each([
    ['the id', '/v1/jobs/%00/sheets/0', '{id}'],
    ['the sheet number', '/v1/jobs/a/sheets/0', '{n}'],
    ['the body', '/v1/jobs/a/sheets/1', '/text'],
  ])('fails with %s where that is the first wrong part', async (_part, path, place) => {
    const result = await resultOf(put(path, { text: 1 }), readSheet);
    expect(result).toMatchObject({ ok: false, failure: { faults: [{ path: place }] } });
  });

  it('does not consume the body when the id is bad', async () => {
    const request = put('/v1/jobs/%00/sheets/1', { text: 'x' });
    await resultOf(request, readSheet);
    expect(request.bodyUsed).toBe(false);
  });

  it('reads the parts in the order in which they are written, up to the first failure', async () => {
    const names: string[] = [];
    const result = await resultOf(put('/', {}), c =>
      readRequest(c, {
        zeta: noting(names, 'zeta', ok(1)),
        alpha: noting(names, 'alpha', invalid('alpha', 'It is wrong')),
        beta: noting(names, 'beta', invalid('beta', 'It is wrong too')),
      }),
    );
    expect(names).toEqual(['zeta', 'alpha']);
    expect(result).toMatchObject({ ok: false, failure: { faults: [{ path: 'alpha' }] } });
  });

  it('waits for a part before it reads the next one', async () => {
    const names: string[] = [];
    const waits: Reader<number> = async () => {
      await Promise.resolve();
      names.push('slow');
      return ok(1);
    };
    await resultOf(put('/', {}), c =>
      readRequest(c, { slow: waits, quick: noting(names, 'quick', ok(2)) }),
    );
    expect(names).toEqual(['slow', 'quick']);
  });

  it('awaits nothing where no part does', async () => {
    const names: string[] = [];
    await resultOf(put('/', {}), async c => {
      const reading = readRequest(c, {
        first: noting(names, 'first', ok(1)),
        second: noting(names, 'second', ok(2)),
      });
      names.push('returned');
      return reading;
    });
    expect(names).toEqual(['first', 'second', 'returned']);
  });
});
