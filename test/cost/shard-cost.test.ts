import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sectionIn } from '../conformance/marked-section.ts';
import {
  BUSY_ROWS_A_MINUTE,
  SHARD_OPERATIONS,
  type ShardRequestName,
  STREAM_RENEWALS,
  STREAM_REQUEST,
} from './shard-operations.ts';
import { busyRowsAMinute, spendingOf, streamRenewals, streamRequest } from './shard-spending.ts';
import { SHARD_COST_MARKERS, shardCostTables } from './shard-table.ts';

const DOCUMENT = new URL('../../lib/stores/README.md', import.meta.url);

describe('what it costs with shards', () => {
  it('the document has the tables that come of what was counted', () => {
    const section = sectionIn(readFileSync(DOCUMENT, 'utf8'), SHARD_COST_MARKERS);
    expect(section).toBe(shardCostTables());
  });
});

describe('what is asked of shards', () => {
  it.each(Object.keys(SHARD_OPERATIONS) as ShardRequestName[])('%s', async name => {
    expect(await spendingOf(name)).toEqual(SHARD_OPERATIONS[name]);
  });

  it('the renewals of leases on streams', async () => {
    expect(await streamRenewals(STREAM_RENEWALS)).toEqual(STREAM_RENEWALS);
  });

  it('a request of an operator, for a lease on a stream', async () => {
    expect(await streamRequest()).toEqual(STREAM_REQUEST);
  });

  it('a minute of heartbeats of a busy shard writes few rows, however many jobs there are', async () => {
    for (const jobs of [40, 100]) {
      const rows = await busyRowsAMinute(jobs);
      expect(rows).toBeLessThanOrEqual(BUSY_ROWS_A_MINUTE);
      expect(rows).toBeGreaterThan(BUSY_ROWS_A_MINUTE / 2);
    }
  });
});
