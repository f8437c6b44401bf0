import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../lib/base/random.ts';
import { mintToken, provesDigest, readToken } from '../../lib/lease/token.ts';
import { aToken } from '../support/lease.ts';

const LEASE_ID = '0123456789abcdef0123456789abcdef';
const SECRET = 's'.repeat(43);

describe('mintToken() and readToken()', () => {
  it.each(['job-1', 'ä/ö', '作业', '🎼'.repeat(200), 'x'.repeat(200), '__proto__'])(
    'readToken() reads what mintToken() made for %j',
    async jobId => {
      const minted = await mintToken(jobId, LEASE_ID, SECRET);
      const read = await readToken(minted.text, 'Lease-Token');
      expect(read).toMatchObject({ ok: true, value: { leaseId: LEASE_ID, sha256: minted.sha256 } });
    },
  );

  it('readToken() reads what the source of chance makes', async () => {
    const minted = await mintToken('job-1', systemRandom.id(), systemRandom.secret());
    expect(await readToken(minted.text, 'Lease-Token')).toMatchObject({ ok: true });
  });

  it('readToken() names the lease object', async () => {
    const { text } = await mintToken('a b', LEASE_ID, SECRET);
    expect(await readToken(text, 'x')).toMatchObject({
      value: { safeName: 'a_b', leaseKey: `leases/a_b.${LEASE_ID}.json` },
    });
  });

  it('mintToken() keeps the secret out of the digest', async () => {
    const { sha256 } = await mintToken('job-1', LEASE_ID, SECRET);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['nothing', ''],
    ['no prefix', `am9iLTE.${LEASE_ID}.${SECRET}`],
    ['a short secret', `dsl_am9iLTE.${LEASE_ID}.${SECRET.slice(1)}`],
    ['a long secret', `dsl_am9iLTE.${LEASE_ID}.${SECRET}s`],
    ['a path for a name', `dsl_Li4vLi4vam9i.${LEASE_ID}.${SECRET}`],
    ['a name of no bytes', `dsl_.${LEASE_ID}.${SECRET}`],
    ['a name that is not UTF-8', `dsl_gIA.${LEASE_ID}.${SECRET}`],
    ['a path for an id', `dsl_am9iLTE.../../../../../../../../../../../..${SECRET}`],
    ['a line behind it', `dsl_am9iLTE.${LEASE_ID}.${SECRET}\n`],
  ])('readToken() refuses %s, and says where', async (_what, text) => {
    expect(await readToken(text, '/beats/3/token')).toMatchObject({
      ok: false,
      failure: { code: 'invalid', faults: [{ path: '/beats/3/token' }] },
    });
  });

  it('readToken() does not tell what it refuses', async () => {
    const refused = await readToken(`dsl_am9iLTE.${LEASE_ID}.secret`, 'Lease-Token');
    expect(JSON.stringify(refused)).not.toContain('secret');
  });
});

describe('provesDigest()', () => {
  it('provesDigest() is true of the digest alone', () => {
    const token = aToken({ sha256: 'ab'.repeat(32) });
    expect(provesDigest(token, 'ab'.repeat(32))).toBe(true);
  });

  it.each(['', 'ab', `${'ab'.repeat(31)}ac`, `${'ab'.repeat(32)}0`, 'AB'.repeat(32)])(
    'provesDigest() is false of %j',
    stored => {
      expect(provesDigest(aToken({ sha256: 'ab'.repeat(32) }), stored)).toBe(false);
    },
  );
});
