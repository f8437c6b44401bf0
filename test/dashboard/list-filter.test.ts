import { describe, expect, it } from 'vitest';
import {
  bulkFilterOf,
  filterFrom,
  filterText,
  isNarrow,
  NO_FILTER,
  paramsOf,
  toggled,
} from '../../functions/dashboard/text/list-filter.ts';

describe('paramsOf()', () => {
  it('has nothing for a filter that selects everything', () => {
    expect(paramsOf(NO_FILTER).toString()).toBe('');
    expect(paramsOf({ ...NO_FILTER, q: '   ' }).toString()).toBe('');
  });

  it('joins several statuses', () => {
    expect(paramsOf({ ...NO_FILTER, status: ['failed', 'paused'] }).get('status')).toBe(
      'failed,paused',
    );
  });
});

describe('filterFrom()', () => {
  it('reads repeated and joined statuses, each once', () => {
    const params = new URLSearchParams('status=failed&status=paused,failed,');
    expect(filterFrom(params).status).toEqual(['failed', 'paused']);
  });
});

describe('bulkFilterOf()', () => {
  it('says that all jobs are meant, whatever the order is', () => {
    expect(bulkFilterOf(NO_FILTER)).toEqual({ all: true });
    expect(bulkFilterOf({ ...NO_FILTER, order: 'oldest' })).toEqual({ all: true });
  });

  it('has the conditions alone, under the names of the service', () => {
    const filter = { ...NO_FILTER, q: ' etl ', standing: ['waiting'], jobName: 'Import' };
    expect(bulkFilterOf(filter)).toEqual({ q: 'etl', standing: ['waiting'], job_name: 'Import' });
  });
});

describe('isNarrow()', () => {
  it('does not count the order', () => {
    expect(isNarrow({ ...NO_FILTER, order: 'oldest' })).toBe(false);
    expect(isNarrow({ ...NO_FILTER, holder: 'w-1' })).toBe(true);
  });
});

describe('filterText()', () => {
  it('says the conditions', () => {
    expect(filterText({ ...NO_FILTER, q: 'etl', status: ['failed', 'paused'] })).toBe(
      'id or name contains "etl", status failed or paused',
    );
    expect(filterText(NO_FILTER)).toBe('');
  });
});

describe('toggled()', () => {
  it('adds a value, and takes it away again', () => {
    expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
    expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  });
});
