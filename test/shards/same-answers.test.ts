import { expect, it } from 'vitest';
import { SHARED_HINTS_MS } from '../../lib/ready/listed-hints.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { type Answer, openApp } from '../support/app.ts';
import { seeds } from '../support/effort.ts';
import type { Client } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';
import { aState } from '../support/state.ts';
import { openWorld } from './shard-world.ts';

const STEPS = 150;
const IDS = ['a', 'b', 'grün/ß', 'x/y', '日本'.repeat(60), 'l'.repeat(200), 'a b', 'q\'uo"te', '☃'];
const NAMES = ['n1', 'Straße', 'n'.repeat(600)];
const HOLDERS = ['w-1', 'wörker', 'h'.repeat(200)];
const STATUSES = ['in_progress', 'completed', 'failed', 'skipped'];
const CONTROLS = ['pause', 'resume', 'resume', 'cancel', 'fail', 'complete'];
const LEASED = { ttl_seconds: 3_600 };
const LISTS = {
  status: ['running', 'pending', 'paused', 'completed', 'cancelled,failed', 'paused,pending'],
  standing: [
    'held',
    'waiting',
    'resting',
    'finished',
    'unleased',
    'waiting,resting',
    'held,zombie',
  ],
  job_name: NAMES,
  holder: HOLDERS,
  q: ['a', 'STRASSE', '日', '/'],
  order: ['newest', 'oldest'],
  view: ['summary', 'live', 'full'],
  limit: ['1', '2', '5', '1000'],
};

/** What a client knows of a job of one of the services. */
interface Known {
  etag: string;
  token: string;
}

/** One service, and what its clients know of its jobs. Another isolate serves what changes no hint. */
interface Side {
  readonly app: Client;
  readonly other: Client;
  readonly of: (id: string) => Known;
}

type Step = (side: Side) => Promise<string>;

/** What the clients see of an answer, without ids, tokens and versions. */
function seen(answer: Answer): string {
  const { status, text } = answer;
  const tag = answer.header('etag')?.replaceAll(/[^W"/]/g, '') ?? 'no tag';
  const plain = text
    .replaceAll(/"(version|etag|current_version|cursor|request_id)": ?"(\\"|[^"])*"/g, '"$1":"V"')
    .replaceAll(/stored version is \\"[^"]*"/g, 'stored version is V')
    .replaceAll(/"next_cursor":("[^"]*"|null)/g, '"next_cursor":"V"')
    .replaceAll(/"cursor":null/g, '"cursor":"V"')
    .replaceAll(/dsl_[\w.~-]+/g, 'TOKEN')
    .replaceAll(/[0-9a-f]{32}/g, 'ID');
  return `${status} ${tag} ${plain}`;
}

function sideOf(app: Client, other: Client): Side {
  const known = new Map<string, Known>();
  function of(id: string): Known {
    const found = known.get(id) ?? { etag: '"none"', token: 'none' };
    known.set(id, found);
    return found;
  }
  return { app, other, of };
}

/** The pages of a list, up to the last one with jobs: a cursor may be one of an empty page. */
async function pagesOf({ other }: Side, query: string): Promise<string> {
  const pages: string[] = [];
  let cursor = '';
  do {
    const answer = await other.ask('GET', `/v1/jobs?${query}${cursor}`);
    const { jobs = [], next_cursor: next = null } = answer.json as {
      jobs?: unknown[];
      next_cursor?: string | null;
    };
    if (pages.length === 0 || jobs.length > 0) pages.push(seen(answer));
    cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`;
  } while (cursor !== '');
  return pages.join('\n');
}

function stepsFrom(random: () => number): () => Step {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const has = (chance: number): boolean => random() < chance;

  /** A request about one job, whose answer may bring a new version and a new token. */
  function about(
    id: string,
    ask: (known: Known, path: string) => Parameters<Client['ask']>,
    isOther = false,
  ): Step {
    return async side => {
      const known = side.of(id);
      const client = isOther ? side.other : side.app;
      const answer = await client.ask(...ask(known, `/v1/jobs/${encodeURIComponent(id)}`));
      known.etag = answer.header('etag') ?? known.etag;
      known.token = /"token":"([^"]+)"/.exec(answer.text)?.[1] ?? known.token;
      return seen(answer);
    };
  }

  function create(): Step {
    const json = aState({ job_id: pick(IDS), job_name: pick(NAMES), total_sheets: 2 });
    const headers: Record<string, string> = has(0.3) ? { Prefer: 'return=minimal' } : {};
    return about(String(json['job_id']), () => ['POST', '/v1/jobs', { json, headers }]);
  }

  function claim(): Step {
    const named = has(0.4) ? { job_name: pick(NAMES) } : {};
    const json = { holder: pick(HOLDERS), ...LEASED, ...named, start_next: has(0.3) };
    return async side => {
      const answer = await side.app.ask('POST', '/v1/claims', { json });
      const { lease, token } = (answer.status === 201 ? answer.json : {}) as {
        lease?: { job_id: string };
        token?: string;
      };
      if (lease !== undefined && token !== undefined) side.of(lease.job_id).token = token;
      return seen(answer);
    };
  }

  function update(): Step {
    const json = { status: pick(STATUSES) };
    const sheet = pick([1, 2, 3]);
    const proof = pick(['token', 'token', 'etag', 'none']);
    return about(pick(IDS), ({ token, etag }, path) => {
      const headers = { token: { 'Lease-Token': token }, etag: { 'If-Match': etag }, none: {} };
      return ['PUT', `${path}/sheets/${sheet}`, { json, headers: headers[proof as 'none'] }];
    });
  }

  function list(): Step {
    const query = new URLSearchParams();
    for (const [name, values] of Object.entries(LISTS)) if (has(0.3)) query.set(name, pick(values));
    return side => pagesOf(side, query.toString());
  }

  function bulk(): Step {
    const filter = pick<object>([{ q: 'a' }, { standing: ['waiting'] }, { standing: ['resting'] }]);
    const json = {
      action: pick(['resume', 'pause', 'delete']),
      filter,
      dry_run: has(0.5),
      limit: 1,
    };
    return async ({ app }) => seen(await app.ask('POST', '/v1/bulk', { json }));
  }

  async function stats({ other }: Side): Promise<string> {
    const { jobs, total, standing, leases, oldest_waiting_at } = (
      await other.ask('GET', '/v1/stats')
    ).json as Record<string, unknown>;
    return JSON.stringify({ jobs, total, standing, leases, oldest_waiting_at });
  }

  const control = (): Step => {
    const end = `${pick(CONTROLS)}${has(0.3) ? '?force=true' : ''}`;
    return about(pick(IDS), (_, path) => ['POST', `${path}/${end}`]);
  };
  const remove = (): Step => {
    const end = has(0.5) ? '?force=true' : '';
    return about(pick(IDS), (_, path) => ['DELETE', `${path}${end}`]);
  };
  const acquire = (): Step => {
    const json = { holder: pick(HOLDERS), ...LEASED };
    return about(pick(IDS), (_, path) => ['POST', `${path}/lease`, { json }]);
  };
  const hold = (): Step => {
    const method = pick(['PUT', 'PUT', 'DELETE']);
    return about(pick(IDS), ({ token }, path) => {
      return [method, `${path}/lease`, { headers: { 'Lease-Token': token } }];
    });
  };
  const read = (): Step => {
    const [method, end] = pick([
      ['GET', ''],
      ['HEAD', ''],
      ['GET', '/why'],
      ['GET', '/next-sheet'],
    ]);
    const isKnown = has(0.5);
    return about(
      pick(IDS),
      ({ etag }, path) => {
        const headers: Record<string, string> = isKnown ? { 'If-None-Match': etag } : {};
        return [method, `${path}${end}`, { headers }];
      },
      true,
    );
  };
  const makers = [create, create, create, claim, claim, update, update, list, list, list, read];
  return () => pick([...makers, control, remove, acquire, hold, bulk, () => stats])();
}

it.each(seeds(2))(
  'a service on shards that lose their memory answers as one on R2 alone: seed %i',
  async seed => {
    const world = await openWorld({ shards: 4 });
    const random = seededRandom(seed);
    const fraction = (): number => random.fraction();
    const { clock } = world;
    await world.advance(1_000);
    const store = createR2Store({ bucket: createBucketFake() });
    const isolateOnR2 = (own: number) =>
      openApp({ store, clock, seed: own, listedHintsMs: SHARED_HINTS_MS });
    const plain = sideOf(isolateOnR2(5), isolateOnR2(6));
    const shards = sideOf(world.openIsolate(1), world.openIsolate(2));
    const nextStep = stepsFrom(fraction);
    for (let nth = 0; nth < STEPS; nth += 1) {
      const step = nextStep();
      expect(await step(shards), `step ${nth}`).toBe(await step(plain));
      if (fraction() < 0.05) world.shards[Math.floor(fraction() * 4)]?.crash();
      // Longer than the claims of an isolate share a list of hints: the oldest one is known.
      await world.advance(2_100);
    }
    world.close();
  },
);
