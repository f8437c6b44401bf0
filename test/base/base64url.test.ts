import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFromBase64Url, toBase64Url } from '../../lib/base/base64url.ts';

const UTF8 = new TextEncoder();

describe('textFromBase64Url()', () => {
  it('gives back any text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\u0000', '\u007f', '\u0080', '\ufeff'),
    );
    fc.assert(
      fc.property(text, source => {
        // A byte order mark at the start is no part of the text.
        const expected = source.replace(/^\ufeff/, '');
        expect(textFromBase64Url(toBase64Url(UTF8.encode(source)))).toBe(expected);
      }),
    );
  });

  it.each(['/w', '_w', '%', 'a'])('is null for %j', text => {
    expect(textFromBase64Url(text)).toBeNull();
  });
});

describe('toBase64Url()', () => {
  it('has neither padding nor characters that URLs escape', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(toBase64Url(bytes)).toMatch(/^[A-Za-z0-9_-]*$/);
      }),
    );
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff, 0xfe, 0x01))).toBe('-__-AQ');
  });
});
