/** What one request asks of the bucket. */
interface Operations {
  /** In an isolate that has dealt with the job before. */
  readonly warm: string;
  /** In one that remembers nothing; null where that is the same. */
  readonly cold: string | null;
}

/** As counted at the bucket: `r2-cost.test.ts` holds the service to each of these. */
export const OPERATIONS = {
  create: { warm: 'get jobs, put ready, put jobs', cold: null },
  load: { warm: 'head jobs', cold: 'get jobs' },
  'load of a held job': { warm: 'head jobs, get leases', cold: 'get jobs, get leases' },
  'list of 100 jobs': { warm: 'list jobs', cold: null },
  'live list of 100 held jobs': { warm: 'list jobs, list leases, list ready', cold: null },
  'list of the stalled of 100 held jobs': {
    warm: 'list jobs, list leases, list ready',
    cold: null,
  },
  'statistics of 100 held jobs': { warm: 'list jobs, list leases, list ready', cold: null },
  acquire: {
    warm: 'head jobs, put leases, put jobs, delete ready',
    cold: 'get jobs, put leases, put jobs, delete ready',
  },
  claim: {
    warm: 'list ready, head jobs, put leases, put jobs, delete ready',
    cold: 'list ready, get jobs, put leases, put jobs, delete ready',
  },
  'claim where none waits': { warm: 'list ready', cold: null },
  heartbeat: { warm: 'get leases, put leases', cold: null },
  '100 heartbeats in one request': { warm: '100 get leases, 100 put leases', cold: null },
  'update in_progress': { warm: 'head jobs, put jobs', cold: 'get jobs, put jobs' },
  'update completed': { warm: 'head jobs, put jobs', cold: 'get jobs, put jobs' },
  'update of the last sheet': {
    warm: 'head jobs, put jobs, delete leases',
    cold: 'get jobs, put jobs, delete leases',
  },
  'update completed that starts the next sheet': {
    warm: 'head jobs, put jobs',
    cold: 'get jobs, put jobs',
  },
  '100 updates of as many jobs in one request': {
    warm: '100 head jobs, 100 put jobs',
    cold: '100 get jobs, 100 put jobs',
  },
  '100 updates of one job in one request': {
    warm: 'head jobs, put jobs',
    cold: 'get jobs, put jobs',
  },
  'update after another isolate': {
    warm: 'head jobs, get jobs, put jobs',
    cold: 'get jobs, put jobs',
  },
  release: {
    warm: '2 head jobs, get leases, put leases, put ready, put jobs, delete leases',
    cold: 'get jobs, get leases, put leases, head jobs, put ready, put jobs, delete leases',
  },
  'pause of a held job': {
    warm: 'head jobs, 2 get leases, put leases',
    cold: 'get jobs, 2 get leases, put leases',
  },
  'pause of a job that waits': {
    warm: 'head jobs, put jobs, 2 delete ready',
    cold: 'get jobs, put jobs, 2 delete ready',
  },
  'why of a held job': {
    warm: 'head jobs, get leases, get lapses',
    cold: 'get jobs, get leases, get lapses',
  },
  'sweep of 10 running jobs': { warm: 'list leases', cold: null },
  'sweep of 10 running jobs, 3 dead': {
    warm: 'list leases, get sweep, 3 get leases, 3 put leases, 3 head jobs, 3 put ready, 3 put jobs, 3 get lapses, 3 put lapses, 3 delete leases',
    cold: 'list leases, get sweep, 3 get leases, 3 put leases, 3 get jobs, 3 put ready, 3 put jobs, 3 get lapses, 3 put lapses, 3 delete leases',
  },
} as const satisfies Record<string, Operations>;

export type RequestName = keyof typeof OPERATIONS;

/** Where a list has more than one page. A page has 100 objects where their labels are asked for. */
export const LARGE_OPERATIONS = {
  'list of 100 jobs among 1,000': '10 list jobs',
  'claim among 1,000 that wait': 'list ready, get jobs, put leases, put jobs, delete ready',
  'sweep of 10,000 running jobs': '100 list leases',
  'sweep on time of 10,000 running jobs': '2 get sweep, 100 list leases, 11 list jobs, put sweep',
} as const;
