import { describe, expect, it } from 'vitest';
import { hkdf, sha256Base64Url, sha256Hex, toHex } from '../../lib/base/digest.ts';
import { nodeCrypto } from '../../lib/base/node-crypto.ts';
import { webHkdf, webSha256 } from '../../lib/base/web-crypto.ts';

const TEXTS = ['', 'abc', 'ä€𝄋\u0000', 'x'.repeat(300_000)];

describe('sha256Hex()', () => {
  it('returns the digest of the standard', async () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await sha256Hex('abc')).toBe(abc);
    expect(await sha256Hex(Uint8Array.of(0x61, 0x62, 0x63))).toBe(abc);
  });

  it.each(TEXTS)('returns what WebCrypto does for text %#', async text => {
    const bytes = new TextEncoder().encode(text);
    const expected = await webSha256(bytes);
    expect(await sha256Hex(text)).toBe(toHex(expected));
    expect(await sha256Hex(bytes)).toBe(toHex(expected));
    expect(await sha256Base64Url(text)).toBe(Buffer.from(expected).toString('base64url'));
  });

  it('returns the same for a view into a larger buffer', async () => {
    const view = new TextEncoder().encode('--abc--').subarray(2, 5);
    expect(await sha256Hex(view)).toBe(await sha256Hex('abc'));
  });
});

describe('hkdf()', () => {
  it('returns what WebCrypto does', async () => {
    const expansion = { salt: 'ä', label: 'a label', bytes: 32 };
    const derived = await hkdf('a secret', expansion);
    expect(derived).toHaveLength(32);
    expect(derived).toEqual(await webHkdf('a secret', expansion));
  });

  it('returns an unrelated value for another label', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map(label => hkdf('a secret', { salt: '', label, bytes: 16 })),
    );
    expect(one).not.toEqual(other);
  });
});

describe('nodeCrypto', () => {
  it('is there in every runtime of the tests', () => {
    expect(nodeCrypto?.hash('sha256', '', 'hex')).toMatch(/^e3b0c442/);
  });
});
