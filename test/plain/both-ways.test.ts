import { describe, expect, it } from 'vitest';
import { createApp } from '../../functions/app.ts';
import { answerPlainRequest } from '../../functions/plain/plain-request.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { seededRandom } from '../support/random.ts';
import { aState } from '../support/state.ts';
import { tokensOf } from '../support/tokens.ts';
import { type Case, createCases, JOBS } from './cases.ts';
import { createTwinServices, type Notes, type TwinOptions } from './twin-services.ts';

/** More of them find more: change the number, and the seed. */
const RUNS = 400;
const SEED = 20_260_311;
/** Then the twins are new ones: requests delete jobs too. */
const RUNS_OF_TWINS = 100;

const tokens = await tokensOf({ read: 'read;name=reader', admin: 'admin', etl: 'work:etl-' });
const AUTHORIZATIONS = (['read', 'admin', 'etl'] as const).map(
  name => `Bearer ${tokens.textOf(name)}`,
);

const WORLDS: readonly (readonly [string, TwinOptions])[] = [
  ['no tokens', { access: null, corsOrigins: null }],
  ['tokens, pages of all origins', { access: tokens.list, corsOrigins: 'any' }],
];

interface Outcome extends Notes {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

interface Way {
  readonly leaseTokens: readonly string[];
  readonly tags: readonly string[];
  /** Null for what is no request of the Fetch API. */
  outcomeOf(next: Case): Promise<Outcome | null>;
  plainCount(): number;
}

async function openWay(options: TwinOptions, way: 'hono' | 'plain'): Promise<Way> {
  const app = createApp();
  const { services, store, clock, trouble, takeNotes } = createTwinServices(options);
  let plainCount = 0;

  async function ask(request: Request): Promise<Response> {
    const plain = way === 'plain' ? answerPlainRequest(request, services) : null;
    if (plain === null) return app.fetch(request, services);
    plainCount += 1;
    return plain;
  }

  async function send(path: string, json: unknown): Promise<Readonly<Record<string, unknown>>> {
    const headers = {
      Authorization: AUTHORIZATIONS[1] ?? '',
      'Content-Type': 'application/json',
      'X-Request-Id': 'first',
    };
    const url = `http://127.0.0.1:8787${path}`;
    const init = { method: 'POST', headers, body: JSON.stringify(json) };
    const response = await ask(new Request(url, init));
    expect(response.status).toBe(201);
    return JSON.parse(await response.text());
  }

  for (const job_id of [JOBS.plain, JOBS.zombie, JOBS.leased, JOBS.other, JOBS.odd]) {
    await send('/v1/jobs', aState({ job_id }));
  }
  const dead = await send(`/v1/jobs/${JOBS.zombie}/lease`, { holder: 'w-1' });
  clock.advance(3_600_000);
  const held = await send(`/v1/jobs/${JOBS.leased}/lease`, { holder: 'w-2' });
  const cut = new TextEncoder().encode('{"job_id": 1');
  await store.put(`jobs/${JOBS.corrupt}.json`, cut, UNCONDITIONAL);
  const tags: string[] = [];
  for (const id of [JOBS.plain, JOBS.leased]) tags.push(`"${await store.head(`jobs/${id}.json`)}"`);
  takeNotes();
  return {
    leaseTokens: [String(dead['token']), String(held['token']), 'dsl_a.b.c'],
    tags,
    plainCount: () => plainCount,
    async outcomeOf(next) {
      const request = requestOf(next.request);
      if (request === null) return null;
      Object.assign(trouble, next.trouble);
      const response = await ask(request);
      const outcome = {
        status: response.status,
        headers: [...response.headers],
        body: await response.text(),
        ...takeNotes(),
      };
      return JSON.parse(JSON.stringify(outcome).replaceAll(MADE_ID, '<id>'));
    },
  };
}

/** The id of a request that brings none. */
const MADE_ID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** A request over the wire as a runtime would pass it on; null where it would not, or where runtimes read it differently. */
function requestOf(text: string): Request | null {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const body = text.slice(end + 4);
  if (!/^[\t\r\n -~]*$/.test(text.slice(0, end))) return null;
  const url = target.startsWith('http') ? target : `http://127.0.0.1:8787${target}`;
  try {
    const headers = fields.map(field => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 1).trim()] as [string, string];
    });
    const bytes = Uint8Array.from(body, character => character.charCodeAt(0));
    const hasBody = body !== '' && method !== 'GET' && method !== 'HEAD';
    return new Request(url, { method, headers, ...(hasBody ? { body: bytes } : {}) });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

describe('a request of the Fetch API', () => {
  it.each(WORLDS)(
    `has one outcome, whether it goes by hono or not, with %s (seed ${SEED})`,
    async (_name, options) => {
      const first = await openWay(options, 'hono');
      const authorizations = options.access === null ? [] : AUTHORIZATIONS;
      const cases = createCases(seededRandom(SEED), { ...first, authorizations });
      const statuses = new Set<number>();
      let plainCount = 0;
      for (let done = 0; done < RUNS / WORLDS.length; done += RUNS_OF_TWINS) {
        const [hono, plain] = [await openWay(options, 'hono'), await openWay(options, 'plain')];
        const before = plain.plainCount();
        for (let nth = 0; nth < RUNS_OF_TWINS; nth++) {
          const next = cases();
          const expected = await hono.outcomeOf(next);
          const got = await plain.outcomeOf(next);
          expect({ got, next }).toEqual({ got: expected, next });
          expect(got?.inFlight ?? 0).toBe(0);
          if (got !== null) statuses.add(got.status);
        }
        plainCount += plain.plainCount() - before;
      }
      // The requests are worth something only if many are plain, and get past the first checks.
      expect(plainCount).toBeGreaterThan(RUNS / WORLDS.length / 3);
      expect([...statuses]).toEqual(expect.arrayContaining([200, 304, 403, 404, 503]));
    },
  );
});
