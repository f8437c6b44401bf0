import { describe, expect, it } from 'vitest';
import { decodeLease, encodeLease, leaseKey, parseLeaseKey } from '../../lib/lease/lease.ts';
import { aLease } from '../support/lease.ts';

const KEY = leaseKey('job-1', 'a'.repeat(32));

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('decodeLease()', () => {
  it('decodeLease() gives back what encodeLease() was given', () => {
    const lease = aLease({ progress: { deep: [1, 'ä'] }, requested: 'fail', renewals: 7 });
    expect(decodeLease(encodeLease(lease), KEY)).toEqual({ ok: true, lease });
  });

  it('decodeLease() reads a lease that was stored without a message', () => {
    const { request_message: _message, ...stored } = aLease();
    expect(decodeLease(bytes(JSON.stringify(stored)), KEY)).toMatchObject({
      ok: true,
      lease: { request_message: null },
    });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['bytes beyond any lease', JSON.stringify(aLease({ progress: 'x'.repeat(9000) }))],
    ['a time that is none', JSON.stringify({ ...aLease(), expires_at: 'soon' })],
    ['a request that is none', JSON.stringify({ ...aLease(), requested: 'explode' })],
    ['an epoch of nought', JSON.stringify({ ...aLease(), epoch: 0 })],
    ['a member too few', JSON.stringify({ ...aLease(), token_sha256: undefined })],
    ['the lease of another job', JSON.stringify(aLease({ job_id: 'job-2' }))],
    ['the lease of another id', JSON.stringify(aLease({ lease_id: 'b'.repeat(32) }))],
    ['no job id', JSON.stringify(aLease({ job_id: '' }))],
  ])('decodeLease() refuses %s, and says why', (_what, text) => {
    expect(decodeLease(bytes(text), KEY)).toEqual({
      ok: false,
      reason: expect.stringMatching(/./),
    });
  });

  it('decodeLease() refuses bytes that are not UTF-8', () => {
    expect(decodeLease(new Uint8Array([0xff, 0xfe]), KEY)).toMatchObject({ ok: false });
  });
});

describe('leaseKey() and parseLeaseKey()', () => {
  it.each(['job-1', 'ä/ö', 'a.b', '🎼', 'x'.repeat(200)])(
    'parseLeaseKey() finds the job of a lease of %j',
    jobId => {
      expect(parseLeaseKey(leaseKey(jobId, 'abc'))).toMatchObject({
        jobKey: expect.stringMatching(/^jobs\/.+\.json$/),
        leaseId: 'abc',
      });
    },
  );

  it('leaseKey() of a safe name is that of the id', () => {
    expect(leaseKey('a b', 'x')).toBe(leaseKey('a_b', 'x'));
  });

  it.each(['', 'leases/', 'leases/x', 'leases/a.json', 'leases/a.b.c.json', 'jobs/a.b.json'])(
    'parseLeaseKey() is null of %j',
    key => {
      expect(parseLeaseKey(key)).toBeNull();
    },
  );
});
