import { describe, expect, it } from 'vitest';
import { SHARD_KEYS, SHARD_LAYOUT } from '../../lib/storage/shard-layout.ts';
import { shardOf } from '../../lib/stores/shards/shard-of.ts';

describe('placeOf()', () => {
  it('is the safe name for every object of a job, and the key for any other', () => {
    const keys = [
      'jobs/a-1.json',
      'leases/a-1.0189.json',
      'ready/20261101T000000.000000Z.0123456789ab~a-1',
      'ready/20261101T000000.000000Z.0123456789ab.zz~a-1',
      'ready/20261101T000000.000000Z~a-1',
      'lapses/a-1.json',
    ];
    expect(keys.map(SHARD_KEYS.placeOf)).toEqual(keys.map(() => 'a-1'));
    expect(SHARD_KEYS.placeOf('sweep/place.json')).toBe('sweep/place.json');
    expect(SHARD_KEYS.placeOf('ready/no hint')).toBe('ready/no hint');
  });

  it('is known of the prefix of the leases of one job, and of no other', () => {
    expect(SHARD_KEYS.placeOfPrefix('leases/a-1.')).toBe('a-1');
    for (const prefix of ['leases/', 'leases/a', 'ready/2026', 'ready/20261101T000000.0']) {
      expect(SHARD_KEYS.placeOfPrefix(prefix)).toBeNull();
    }
  });
});

describe('shardOf()', () => {
  it('never changes, because stored objects depend on it', () => {
    const places = ['a', 'a-1', 'nightly_import', 'Grüße-名前-𝒳', ''];
    expect(places.map(place => shardOf(place, 8))).toEqual([7, 5, 4, 4, 3]);
  });

  it('spreads names that differ in a number evenly', () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let index = 0; index < 80_000; index += 1) {
      const shard = shardOf(`job-${index}`, 8);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(9_700);
    expect(Math.max(...counts)).toBeLessThan(10_300);
  });
});

describe('SHARD_LAYOUT', () => {
  it('tags a hint with the hash of the name of its job', () => {
    const { tagOf } = SHARD_LAYOUT.tagged;
    expect(tagOf('ready/20261101T000000.000000Z.0123456789ab~a')).toBe('0123456789ab');
    expect(tagOf('ready/20261101T000000.000000Z~a')).toBe('');
  });

  it('has the fields of a place that its label says', () => {
    const base = { updated_at: '2026-11-01T00:00:00Z', status: 'running' };
    const fieldsOf = (label: object) => SHARD_LAYOUT.placeOf(JSON.stringify(label))?.fields;
    expect(fieldsOf(base)).toEqual({});
    expect(fieldsOf({ ...base, job_name: 'n', holder: null })).toEqual({
      job_name: 'n',
      holder: '',
    });
    expect(fieldsOf({ ...base, job_name: 'n', holder: 'w' })).toEqual({
      job_name: 'n',
      holder: 'w',
    });
  });
});
