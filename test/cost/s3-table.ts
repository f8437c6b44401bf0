import { S3_REQUESTS } from './s3-requests.ts';

export const S3_COST_MARKERS = { begin: '<!-- s3-cost:begin -->', end: '<!-- s3-cost:end -->' };

/** Dollars for a million, as of November 2026: AWS, Standard in us-east-1, and R2 with its own words for the same. */
const PRICES = {
  aws: { writes: 5, reads: 0.4 },
  r2: { writes: 4.5, reads: 0.36 },
};

interface Counts {
  /** PUT and LIST. */
  readonly writes: number;
  /** GET and HEAD. */
  readonly reads: number;
  /** Free. */
  readonly deletes: number;
}

/** What stands between the markers. */
export function s3CostTable(): string {
  return [
    '| a request | PUT, LIST | GET, HEAD | deletes | a million on AWS | on R2 |',
    '|---|---|---|---|---|---|',
    ...Object.entries(S3_REQUESTS).map(([name, requests]) => rowOf(name, countsOf(requests))),
  ].join('\n');
}

function rowOf(name: string, counts: Counts): string {
  const { writes, reads, deletes } = counts;
  const cells = [name, writes, reads, deletes, costs(counts, 'aws'), costs(counts, 'r2')];
  return `| ${cells.join(' | ')} |`;
}

function costs({ writes, reads }: Counts, server: keyof typeof PRICES): string {
  const prices = PRICES[server];
  return `$${(writes * prices.writes + reads * prices.reads).toFixed(2)}`;
}

function countsOf(requests: string): Counts {
  const counts = { writes: 0, reads: 0, deletes: 0 };
  for (const text of requests.split(', ')) {
    const [, count = '1', method = ''] = /^(?:(\d+) )?([A-Z]+) [a-z]+$/.exec(text) ?? [];
    counts[kindOf(method)] += Number(count);
  }
  return counts;
}

function kindOf(method: string): keyof Counts {
  if (method === 'PUT' || method === 'LIST') return 'writes';
  if (method === 'GET' || method === 'HEAD') return 'reads';
  if (method === 'DELETE') return 'deletes';
  throw new Error(`"${method}" is no request to a bucket`);
}
