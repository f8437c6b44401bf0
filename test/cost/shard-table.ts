import { renewAfterMs } from '../../lib/lease/rules.ts';
import { STREAM_SHARE_OF_PACE } from '../../lib/presence/stream-renewals.ts';
import { billOf, dollars, type ObjectsBill, objectsDollars, sum, times } from './bill.ts';
import {
  BUSY_ROWS_A_MINUTE,
  SHARD_OPERATIONS,
  type ShardSpending,
  STREAM_RENEWALS,
} from './shard-operations.ts';

export const SHARD_COST_MARKERS = {
  begin: '<!-- shard-cost:begin -->',
  end: '<!-- shard-cost:end -->',
};

const MILLION = 1_000_000;
const SHARDS = 8;
const RUNNING = 10_000;
const TTL_SECONDS = 60;
const MONTH_MINUTES = 30 * 24 * 60;
/** A shard that gets heartbeats all the time never hibernates, and is billed as 128 MB. */
const OBJECT_GIGABYTES = 0.128;

/** What stands between the markers. */
export function shardCostTables(): string {
  return `${requestTable()}\n\n${monthTable()}`;
}

function requestTable(): string {
  const rows = Object.entries(SHARD_OPERATIONS).map(([name, spending]) =>
    requestRow(name, spending),
  );
  return [
    '| a request | calls of shards | rows written | R2 class A | R2 class B | a million of them |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function requestRow(name: string, { calls, written, bucket }: ShardSpending): string {
  const bill = bucket === '' ? sum([{ ...NOTHING, requests: 1 }]) : billOf(bucket);
  const objects = {
    ...NO_OBJECTS,
    objectRequests: calls * MILLION,
    rowsWritten: written * MILLION,
  };
  const cost = dollars(times(bill, MILLION)) + objectsDollars(objects);
  return `| ${name} | ${calls} | ${written} | ${bill.classA} | ${bill.classB} | $${cost.toFixed(2)} |`;
}

function monthTable(): string {
  const heartbeats =
    (RUNNING * MONTH_MINUTES * 60_000) / renewAfterMs({ ttl_seconds: TTL_SECONDS });
  return [
    '| usage | requests | calls of shards | rows written | GB-s | costs |',
    '|---|---|---|---|---|---|',
    monthRow(`a month of heartbeats of 10,000 jobs, with a ttl of ${TTL_SECONDS} s`, {
      requests: heartbeats,
      calls: heartbeats,
    }),
    monthRow('the same, 100 in a request', {
      requests: heartbeats / 100,
      calls: (heartbeats / 100) * SHARDS,
    }),
    streamRow(`a month of ${RUNNING.toLocaleString('en')} jobs on presence streams, the same ttl`),
  ].join('\n');
}

function monthRow(
  name: string,
  { requests, calls }: { readonly requests: number; readonly calls: number },
): string {
  const objects: ObjectsBill = {
    ...NO_OBJECTS,
    objectRequests: calls,
    rowsWritten: SHARDS * BUSY_ROWS_A_MINUTE * MONTH_MINUTES,
    gigabyteSeconds: SHARDS * OBJECT_GIGABYTES * MONTH_MINUTES * 60,
  };
  return row(name, requests, objects);
}

function row(name: string, requests: number, objects: ObjectsBill): string {
  const cost = dollars({ ...NOTHING, requests }) + objectsDollars(objects);
  const counts = [
    requests,
    objects.objectRequests,
    objects.rowsWritten,
    objects.gigabyteSeconds,
  ].map(inMillions);
  return `| ${name} | ${counts.join(' | ')} | $${cost.toFixed(2)} |`;
}

/** The streams of one access token are in one object. It is awake for so long for each renewal. */
const AWAKE_SECONDS = 10;

function streamRow(name: string): string {
  const every = (renewAfterMs({ ttl_seconds: TTL_SECONDS }) / 1_000) * STREAM_SHARE_OF_PACE;
  const renewals = (MONTH_MINUTES * 60) / every;
  const { calls, written, alarms } = STREAM_RENEWALS;
  const each = renewals / STREAM_RENEWALS.renewals;
  const awake = MONTH_MINUTES * 60 * SHARDS + renewals * AWAKE_SECONDS;
  return row(name, 0, {
    ...NO_OBJECTS,
    objectRequests: each * (calls * SHARDS + alarms),
    rowsWritten: each * (written * SHARDS + alarms),
    gigabyteSeconds: awake * OBJECT_GIGABYTES,
  });
}

const NOTHING = { classA: 0, classB: 0, deletes: 0, requests: 0 };
const NO_OBJECTS: ObjectsBill = {
  objectRequests: 0,
  rowsWritten: 0,
  rowsRead: 0,
  gigabyteSeconds: 0,
};

function inMillions(count: number): string {
  return `${Number((count / MILLION).toFixed(3))} M`;
}
