import { describe, expect, it } from 'vitest';
import type { AllowedOrigins } from '../../../functions/http/env.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { type Case, createCases, JOBS } from '../../plain/cases.ts';
import type { Notes, TwinOptions } from '../../plain/twin-services.ts';
import { cases } from '../../support/effort.ts';
import { seededRandom } from '../../support/random.ts';
import { aState } from '../../support/state.ts';
import { type Tokens, tokensOf } from '../../support/tokens.ts';
import { type Exchange, openExchange, type WireAnswer } from './exchange.ts';
import { openTwin, type Twin } from './twin.ts';

const RUNS = cases(800);
const SEED = 20_261_129;
/** Then the twins are new ones: requests delete jobs too. */
const RUNS_OF_TWINS = 100;

type Name = 'read' | 'work' | 'admin' | 'etl' | 'team' | 'late';

const tokens: Tokens<Name> = await tokensOf({
  read: 'read;name=reader',
  work: 'work',
  admin: 'admin;name=boss',
  etl: 'read:etl-',
  team: 'work:etl-',
  late: 'read;expires=2026-01-01',
});
const bearer = (name: Name): string => `Bearer ${tokens.textOf(name)}`;

const WORLDS: readonly (readonly [string, TwinOptions])[] = [
  ['no tokens', { access: null, corsOrigins: null }],
  ['tokens', { access: tokens.list, corsOrigins: null }],
  ['no tokens, pages of some origins', { access: null, corsOrigins: origins() }],
  ['tokens, pages of all origins', { access: tokens.list, corsOrigins: 'any' }],
];

function origins(): AllowedOrigins {
  return new Set(['https://app.example', 'http://localhost:3000']);
}

interface Way {
  readonly twin: Twin;
  readonly exchange: Exchange;
  readonly leaseTokens: readonly string[];
  /** The tags of the jobs. */
  readonly tags: readonly string[];
}

/** What a request comes to, by one of the ways. */
interface Outcome extends Notes {
  readonly answer: WireAnswer;
}

async function openWay(options: TwinOptions, way: 'hono' | 'plain'): Promise<Way> {
  const twin = await openTwin(options, way);
  const exchange = openExchange(twin.port);
  const { clock, store } = twin;
  for (const job_id of [JOBS.plain, JOBS.zombie, JOBS.leased, JOBS.other, JOBS.odd]) {
    await send(exchange, 'POST /v1/jobs', aState({ job_id }));
  }
  const leases = [await send(exchange, `POST /v1/jobs/${JOBS.zombie}/lease`, { holder: 'w-1' })];
  clock.advance(3_600_000);
  leases.push(await send(exchange, `POST /v1/jobs/${JOBS.leased}/lease`, { holder: 'w-2' }));
  await store.put(
    `jobs/${JOBS.corrupt}.json`,
    new TextEncoder().encode('{"job_id": 1'),
    UNCONDITIONAL,
  );
  twin.takeNotes();
  const tags: string[] = [];
  for (const id of [JOBS.plain, JOBS.leased, JOBS.other]) {
    tags.push(`"${await store.head(`jobs/${id}.json`)}"`);
  }
  return { twin, exchange, tags, leaseTokens: leases.map(({ token }) => String(token)) };
}

async function send(
  exchange: Exchange,
  line: string,
  json: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const body = JSON.stringify(json);
  const head = [
    `${line} HTTP/1.1`,
    'Host: localhost',
    `Authorization: ${bearer('admin')}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  const { status, body: text } = await exchange.ask(`${head.join('\r\n')}\r\n\r\n${body}`);
  if (status !== 201) throw new Error(`${line} was a ${status}: ${text}`);
  return JSON.parse(text);
}

async function closeWay({ twin, exchange }: Way): Promise<void> {
  exchange.close();
  await twin.close();
}

async function outcomeOf({ twin, exchange }: Way, { request, trouble }: Case): Promise<Outcome> {
  Object.assign(twin.trouble, trouble);
  const answer = await exchange.ask(request);
  return comparable({ answer, ...twin.takeNotes() });
}

/** Without the ids that the service makes up for requests that bring none. */
function comparable({ answer, lines, ...rest }: Outcome): Outcome {
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  const unnamed = (text: string): string => text.replaceAll(uuid, '<id>');
  return {
    answer: {
      status: answer.status,
      headers: answer.headers.map(unnamed),
      body: unnamed(answer.body),
    },
    lines: lines.map(line => ({ ...line, requestId: unnamed(line.requestId) })),
    ...rest,
  };
}

describe('a request', () => {
  it.each(WORLDS)(
    `has one outcome, whether it goes by hono or not, with %s (seed ${SEED})`,
    async (_name, options) => {
      const random = seededRandom(SEED);
      const authorizations = options.access === null ? [] : tokenTexts();
      const first = await openWay(options, 'hono');
      await closeWay(first);
      const leaseTokens = [...first.leaseTokens, ...first.leaseTokens, 'dsl_a.b.c', ''];
      const nextCase = createCases(random, { authorizations, tags: first.tags, leaseTokens });
      const statuses = new Map<number, number>();
      let plainCount = 0;
      for (let done = 0; done < RUNS / WORLDS.length; done += RUNS_OF_TWINS) {
        const [hono, plain] = [await openWay(options, 'hono'), await openWay(options, 'plain')];
        const before = plain.twin.plainCount();
        for (let nth = 0; nth < RUNS_OF_TWINS; nth++) {
          const next = nextCase();
          const expected = await outcomeOf(hono, next);
          const got = await outcomeOf(plain, next);
          expect({ ...got, next }).toEqual({ ...expected, next });
          expect(got.inFlight).toBe(0);
          statuses.set(got.answer.status, (statuses.get(got.answer.status) ?? 0) + 1);
        }
        plainCount += plain.twin.plainCount() - before;
        expect(hono.twin.plainCount()).toBe(0);
        await closeWay(hono);
        await closeWay(plain);
      }
      // The requests are worth something only if many are plain, and get past the first checks.
      expect(plainCount).toBeGreaterThan(RUNS / WORLDS.length / 3);
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 304, 403, 404, 412, 503]));
    },
  );
});

function tokenTexts(): string[] {
  const names: Name[] = ['read', 'read', 'work', 'admin', 'etl', 'team', 'late'];
  return [...names.map(bearer), `${bearer('read')}x`, `bearer  ${tokens.textOf('read')} `];
}
