import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyText } from '../base/any-text.ts';
import { openApp } from '../support/app.ts';
import { cases, EFFORT } from '../support/effort.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const SEED = 1;
const RUNS = cases(800);
const MILLISECONDS = 25_000 * Math.max(1, EFFORT);

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY');

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('job-1', 'job-2', '__proto__', '..%2f..', '%00', '%ff') },
  anyText({ maxLength: 20 }).map(text => encodeURIComponent(text.toWellFormed())),
  fc.string({ unit: fc.constantFrom('%', '2', 'f', '.', '/', '\\', '?', '#', ';'), maxLength: 8 }),
);

const sheetNum = fc.oneof(fc.constantFrom('1', '3', '4', '0', '-1', '1e1', '1.5'), segment);

const query = fc.oneof(
  fc.constant(''),
  fc
    .array(
      fc.tuple(
        fc.constantFrom('limit', 'cursor', 'status', 'standing', 'q', 'order', 'view', 'x'),
        fc.oneof(fc.constantFrom('1', 'full', 'live', 'pending', 'held', 'oldest'), segment),
      ),
      { maxLength: 4 },
    )
    .map(pairs => `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`),
);

const path = fc.oneof(
  { weight: 3, arbitrary: segment.map(id => `/v1/jobs/${id}`) },
  {
    weight: 3,
    arbitrary: fc.tuple(segment, sheetNum).map(([id, n]) => `/v1/jobs/${id}/sheets/${n}`),
  },
  segment.map(id => `/v1/jobs/${id}/next-sheet`),
  query.map(text => `/v1/jobs${text}`),
  fc.constantFrom('/healthz', '/readyz', '/v1/stats', '/v1/bulk', '/metrics'),
  fc.array(segment, { maxLength: 4 }).map(segments => `/${segments.join('/')}`),
);

const headerValue = fc.oneof(
  fc.constantFrom('*', '"v"', 'W/"v"', '', 'gzip', 'application/json', 'return=minimal', '0', '1'),
  fc.string({ maxLength: 30 }),
);

const headers = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'If-Match',
        'If-None-Match',
        'Content-Type',
        'Content-Encoding',
        'Content-Length',
        'Prefer',
        'X-Request-Id',
        'Accept',
      ),
      headerValue,
    ),
    { maxLength: 3 },
  )
  .map(pairs => Object.fromEntries(pairs));

/** Values of every kind under the names of the fields, so that some of them fit. */
const value = fc.oneof(
  fc.constantFrom(null, true, 0, 1, -1, 1.5, '1', 'yes', 'completed', 'running', [], {}, [null]),
  fc.jsonValue({ maxDepth: 3 }),
);

const body = fc
  .oneof(
    { weight: 3, arbitrary: fc.record({ status: value, stdout: value, error_message: value }) },
    {
      weight: 3,
      arbitrary: fc
        .dictionary(
          fc.constantFrom('status', 'sheets', 'created_at', 'pid', 'job_id', 'x', '__proto__'),
          value,
          { maxKeys: 4 },
        )
        .map(fields => aState(fields)),
    },
    fc.jsonValue(),
  )
  .map(json => JSON.stringify(json));

const cutBody = fc
  .tuple(body, fc.nat({ max: 200 }), anyText({ maxLength: 4 }))
  .map(([text, at, noise]) => text.slice(0, at) + noise);

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Uint8Array.from(array));

const request = fc.record({
  method,
  path,
  headers,
  body: fc.oneof({ weight: 3, arbitrary: body }, cutBody, bytes),
  matches: fc.boolean(),
});

it(`no request gets a 5xx or throws (seed ${SEED})`, {
  timeout: MILLISECONDS + 5_000,
}, async () => {
  const app = openApp();
  await app.create();
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async asked => {
      const withBody = asked.method !== 'GET' && asked.method !== 'HEAD';
      const matching = asked.matches ? { 'If-Match': '*', ...asked.headers } : asked.headers;
      const options = { headers: matching, ...(withBody ? { body: asked.body } : {}) };
      const answer = await app.ask(asked.method, asked.path, options);
      seen.add(answer.status);
      expect(answer.status).toBeLessThan(500);
      expect((await app.ask('GET', '/v1/jobs/job-1')).status).not.toBe(500);
    }),
    { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: MILLISECONDS },
  );
  // The requests are worth something only if they get past the first checks.
  expect([...seen]).toEqual(expect.arrayContaining([200, 201, 204, 400, 404, 405, 415, 422, 428]));
});

it(`every refusal is a problem of RFC 9457 (seed ${SEED})`, {
  timeout: MILLISECONDS + 5_000,
}, async () => {
  const app = openApp();
  await app.create();
  await fc.assert(
    fc.asyncProperty(request, async asked => {
      fc.pre(asked.method === 'POST' || asked.method === 'PUT' || asked.method === 'PATCH');
      const answer = await app.ask(asked.method, asked.path, asked);
      fc.pre(answer.status >= 400);
      const { code } = JSON.parse(answer.text);
      expect(answer).toMatchObject(aProblem({ status: answer.status, code }));
      expect(answer.json).toHaveProperty('errors');
    }),
    { seed: SEED, numRuns: cases(100), interruptAfterTimeLimit: MILLISECONDS },
  );
});
