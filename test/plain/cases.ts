import type { Random } from '../../lib/base/random.ts';
import type { Trouble } from './twin-services.ts';

/** The ids of the jobs that the tests store, and of some that are none. */
export const JOBS = {
  plain: 'job-1',
  leased: 'held_2',
  zombie: 'dead.3',
  corrupt: 'corrupt',
  other: 'etl-7',
  odd: 'a b',
  missing: 'nobody',
} as const;

const IDS = [
  ...Object.values(JOBS).filter(id => id !== JOBS.odd),
  'job_1', // The file name of another id.
  'a%20b',
  'job%2D1',
  'a_b',
  '%ff',
  '%00',
  '.',
  '..',
  '...',
  '.job',
  'job-1~',
  'job:1',
  'job@1',
  'x'.repeat(300),
  '-',
  'JOB-1',
  '__proto__',
];

const BELOW = [
  '',
  '',
  '',
  '',
  '/next-sheet',
  '/next-sheet',
  '/next-sheet',
  '/',
  '/why',
  '/lease',
  '/sheets/1',
  '/Next-Sheet',
  '/next-sheet/',
];

const OTHER_TARGETS = [
  '/',
  '/healthz',
  '/v1/jobs',
  '/v1/jobs/',
  '/v1//jobs/job-1',
  '//v1/jobs/job-1',
  '/v1/jobs/../jobs/job-1',
  '/v1/heartbeats',
  '/v1/claims',
  '/v2/jobs/job-1',
  '*',
  '/v1/jobs/job-1#x',
  'http://127.0.0.1/v1/jobs/job-1',
  'http://evil.example/v1/jobs/job-1',
];

const QUERIES = ['', '', '', '', '', '', '', '', '?', '?x=1', '?force=true'];

const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'PROPFIND',
];

const HOSTS = [
  '127.0.0.1:8787',
  'localhost',
  'LOCALHOST',
  '127.0.0.1:60001',
  'localhost:99999',
  'evil.example',
  'a_b.example:1',
  '[::1]:8787',
  '127.1',
  '',
  'x y',
  'localhost,evil.example',
  'localhost:8787:1',
];

/** Given with a chance of one to so many. */
const FIELDS: readonly (readonly [chance: number, name: string, values: readonly string[]])[] = [
  [
    3,
    'If-None-Match',
    [
      '*',
      '*',
      '*',
      '"1"',
      'W/"1"',
      '"x", "1"',
      '"no"',
      'bad',
      '',
      ' * ',
      '"\xff"',
      ',',
      '@tag',
      '@tag',
      'W/@tag',
      '"x",@tag',
    ],
  ],
  [6, 'If-Match', ['*', '"1"', 'W/@tag', '"no"', 'bad', '', '@tag', '@tag', '"x", @tag']],
  [3, 'X-Request-Id', ['r-1', 'a.b:c_d', 'a b', '', 'x'.repeat(129), '\xe9']],
  [
    9,
    'Origin',
    ['http://localhost:3000', 'https://app.example', 'https://evil.example', 'null', ''],
  ],
  [12, 'Sec-Fetch-Site', ['cross-site', 'same-origin']],
  [9, 'Accept', ['*/*', 'text/html', 'application/json']],
  [9, 'Accept-Encoding', ['gzip', 'identity']],
  [15, 'Prefer', ['return=minimal']],
  [9, 'Lease-Token', ['x', '', 'dsl_a.b.c']],
  [15, 'Connection', ['close', 'keep-alive', 'Upgrade', 'TE']],
  [25, 'Upgrade', ['websocket', 'h2c']],
  [25, 'Expect', ['100-continue']],
  [25, 'Content-Length', ['0', '2']],
  [30, 'TE', ['trailers']],
  [15, 'Cookie', ['a=1']],
  [25, 'traceparent', ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']],
  [25, 'X-HTTP-Method-Override', ['DELETE']],
  [40, '__proto__', ['x']],
  [25, 'Access-Control-Request-Method', ['GET']],
  [30, 'Authorization', ['Bearer x', 'Basic eDp5', '']],
];

/** Those that a plain request may have. */
const TAME_FIELDS: ReadonlySet<string> = new Set([
  'If-None-Match',
  'If-Match',
  'X-Request-Id',
  'Origin',
  'Sec-Fetch-Site',
  'Accept',
  'Lease-Token',
  'Cookie',
]);
const TAME_IDS = Object.values(JOBS).filter(id => id !== JOBS.odd);

const MEDIA_TYPES = [
  ...Array.from({ length: 6 }, () => 'application/json'),
  'application/json; charset=utf-8',
  'application/json; charset=latin1',
  'text/plain',
  '',
];

const SHEETS = ['1', '1', '1', '2', '3', '0', '01', '99', '9'.repeat(20), 'x', '1/', '-1', '1?x=1'];
const UPDATES = [
  '{"status":"in_progress"}',
  '{"status":"completed","stdout":"ok"}',
  '{"status":"completed","stdout":"token=abcdefghijklmnop","start_next":true}',
  '{"status":"completed","execution_duration_seconds":1e400}',
  '{"status":"failed","error_message":"no","error_type":"network"}',
  '{"status":"skipped"}',
  '{"status":"done"}',
  '{"status":"completed","attempt":1,"stdout":null,"stderr":"\\ud800"}',
  '{"status":"completed","stdout":"a","stdout":"b"}',
  '{"status":"completed","__proto__":1}',
  '[]',
];
const CREATIONS = [
  '{"job_id":"new-1","job_name":"n","total_sheets":2}',
  '{"job_id":"job-1","job_name":"n","total_sheets":2}',
  '{"job_id":"new 2","job_name":"n","total_sheets":2,"status":"paused"}',
  '{"job_id":"etl-new","job_name":"n","total_sheets":0}',
  '{"job_name":"n"}',
];
/** Of requests that are repeated, and one that is too short. */
const KEYS = ['first-key-0123456789abcdef', 'other-key-0123456789abcdef', 'k-1'];
const CLAIMS = [
  '{"holder":"w"}',
  '{"holder":"w","max":2,"start_next":true}',
  '{"holder":"w","job_name":"n","ttl_seconds":60,"wait_seconds":1}',
  '{"holder":"","max":0}',
];

/** A request with the headers that come with its body. */
interface Sent {
  readonly line: string;
  readonly fields: readonly string[];
  readonly body: string;
}

export interface Case {
  readonly request: string;
  readonly trouble: Trouble;
}

/** What the requests of a world may name. */
export interface Named {
  /** Values of the header, none where everybody may do everything. */
  readonly authorizations: readonly string[];
  /** Of versions of jobs. */
  readonly tags: readonly string[];
  readonly leaseTokens: readonly string[];
}

/** Makes requests of all kinds, most of them plain or with one thing that is not. */
export function createCases(
  random: Random,
  { authorizations, tags, leaseTokens }: Named,
): () => Case {
  const below = (bound: number): number => Math.floor(random.fraction() * bound);
  const oneOf = <T>(values: readonly T[]): T => {
    const value = values[below(values.length)];
    if (value === undefined) throw new RangeError('There is nothing to choose from');
    return value;
  };
  const happens = (chance: number): boolean => below(chance) === 0;

  function target(): string {
    if (happens(12)) return oneOf(OTHER_TARGETS);
    return `/v1/jobs/${oneOf(IDS)}${oneOf(BELOW)}${oneOf(QUERIES)}`;
  }

  function fields(isTame: boolean): string[] {
    const allowed = FIELDS.filter(([, name]) => !isTame || TAME_FIELDS.has(name));
    const all = allowed.flatMap(([chance, name, values]) =>
      happens(chance) ? [`${name}: ${oneOf(values)}`] : [],
    );
    all.push(`Host: ${isTame || !happens(6) ? '127.0.0.1:8787' : oneOf(HOSTS)}`);
    if (authorizations.length > 0 && !happens(12)) {
      all.push(`Authorization: ${oneOf(authorizations)}`);
    }
    if (!isTame && happens(20)) all.push(oneOf(all));
    return all
      .map(field => (happens(15) ? field.replace(/^[^:]+/, name => name.toLowerCase()) : field))
      .map(field => field.replace('@tag', oneOf(tags)));
  }

  function withBody(line: string, bodies: readonly string[]): Sent {
    const body = happens(9) ? oneOf(['{', '{"x":1}', '\xff', ' {} ', '']) : oneOf(bodies);
    const added = [`Content-Length: ${body.length}`];
    if (!happens(9)) added.push(`Content-Type: ${oneOf(MEDIA_TYPES)}`);
    if (happens(3)) added.push(`Lease-Token: ${oneOf(leaseTokens)}`);
    if (happens(6)) added.push(`Idempotency-Key: ${oneOf(KEYS)}`);
    if (happens(3)) added.push('Prefer: return=minimal');
    return { line, fields: added, body };
  }

  /** A request that changes a job, or leases one. */
  function change(): Sent {
    const id = oneOf(TAME_IDS);
    switch (below(6)) {
      case 0:
        return withBody('POST /v1/jobs', CREATIONS);
      case 1:
        return withBody('POST /v1/claims', CLAIMS);
      case 2: {
        const token = oneOf(leaseTokens);
        const updates = [
          { token, sheet: 1, status: 'in_progress' },
          { token, sheet: 'x' },
        ];
        return withBody('POST /v1/updates', [
          JSON.stringify({ updates: updates.slice(below(2)) }),
          '{"updates":[]}',
          '{"updates":1}',
        ]);
      }
      case 3: {
        const token = happens(6) ? [] : [`Lease-Token: ${oneOf(leaseTokens)}`];
        return { line: `DELETE /v1/jobs/${id}/lease`, fields: token, body: '' };
      }
      default:
        return withBody(`PUT /v1/jobs/${id}/sheets/${oneOf(SHEETS)}`, UPDATES);
    }
  }

  function heartbeat(): Sent {
    const token = oneOf(leaseTokens);
    const isAlone = happens(2);
    const line = isAlone ? `PUT /v1/jobs/${oneOf(TAME_IDS)}/lease` : 'POST /v1/heartbeats';
    const beats = [{ token }, { token: oneOf(leaseTokens), progress: 'row 1' }, { token: 1 }];
    const bodies = isAlone
      ? ['{}', '{"progress":"row 7"}', '{"ttl_seconds":60}', '{"sheet":1}', '', '[]']
      : [JSON.stringify({ beats: beats.slice(below(3)) }), '{"beats":[]}', '{"beats":1}', '{}'];
    const body = happens(9) ? oneOf(['{', '{"x":1}', '\xff', ' {} ']) : oneOf(bodies);
    const added = [`Content-Length: ${body.length}`];
    if (!happens(9)) added.push(`Content-Type: ${oneOf(MEDIA_TYPES)}`);
    if (isAlone && !happens(9)) added.push(`Lease-Token: ${token}`);
    return { line, fields: added, body };
  }

  function anyRequest(): string {
    // Else nearly every request would have something unusual.
    const isTame = happens(2);
    const head = fields(isTame);
    if (isTame && happens(3)) {
      const { line, fields: added, body } = happens(2) ? heartbeat() : change();
      return textOf(
        line,
        [...head.filter(field => !/^(?:lease-token|prefer):/i.test(field)), ...added],
        body,
      );
    }
    const line = isTame
      ? `GET /v1/jobs/${oneOf(TAME_IDS)}${oneOf(['', '', '/next-sheet'])}`
      : `${oneOf(METHODS)} ${target()}`;
    const length =
      head
        .find(field => /^content-length:/i.test(field))
        ?.slice(15)
        .trim() ?? '0';
    return textOf(line, head, '{}'.slice(0, Number(length) || 0));
  }

  return () => ({
    request: anyRequest(),
    trouble: {
      broken: happens(12) ? oneOf(['jobs/', 'jobs/job-1', 'leases/']) : null,
      isFull: happens(30),
      isStuffed: happens(30),
    },
  });
}

function textOf(line: string, fields: readonly string[], body: string): string {
  return `${[`${line} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n${body}`;
}
