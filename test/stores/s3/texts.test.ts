import { describe, expect, it } from 'vitest';
import type { Version } from '../../../lib/store.ts';
import { urlOf } from '../../../lib/stores/s3/address.ts';
import { etagOf, versionOf } from '../../../lib/stores/s3/etag.ts';
import { headerOf, valueOf } from '../../../lib/stores/s3/metadata-text.ts';

describe('etags', () => {
  it.each(['"d41d8cd98f00b204e9800998ecf8427e"', '"9b2cf535f27731c974343645a3985328-2"'])(
    'etagOf() gives back %s as it came',
    etag => {
      expect(etagOf(versionOf(etag))).toBe(etag);
    },
  );

  it.each(['W/"1"', '""', '"a\\b"', '"~a"', '"W/1"', '"a b"', '"Grüße"', "'1'"])(
    'etagOf() gives back the odd etag %s as it came, or quoted',
    etag => {
      const version = versionOf(etag);
      expect(version).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
      expect([etag, `"${etag}"`]).toContain(etagOf(version));
    },
  );

  it.each([
    '',
    '*',
    '"quoted"',
    'a, b',
    'W/"weak"',
    'a\\b',
    'é',
    '~%',
    '~*',
    '~%22a%22%2C%20%22b%22',
    '~%0D%0Aa',
    '~a',
  ])('etagOf() knows that no object has the version %s', text => {
    expect(etagOf(text as Version)).toBeNull();
  });
});

describe('metadata', () => {
  it.each(['plain', '{"job_id":"a","percent":50}', 'a=b', 'x'.repeat(900)])(
    'headerOf() leaves %s as it is',
    text => {
      expect(headerOf(text)).toBe(text);
    },
  );

  it.each(['', ' ', 'a ', ' a', 'a  b', 'Grüße 名前 𝒳', 'a\nb', '=?UTF-8?B?YQ==?=', '\uFEFFa'])(
    'valueOf() gives back the text %j, from ASCII without spaces at its ends',
    text => {
      expect(headerOf(text)).toMatch(/^[\x21-\x7e]+$/);
      expect(valueOf(headerOf(text))).toBe(text);
    },
  );

  it.each([
    ['=?utf-8?q?Gr=C3=BC=C3=9Fe_a?=', 'Grüße a'],
    // One character in two words.
    ['=?UTF-8?B?5ZA=?= =?UTF-8?B?jeWJjQ==?=', '名前'],
    ['=?UTF-8?Q?=E5=90=8D?=\t=?utf-8?b?YQ==?=', '名a'],
  ])('valueOf() reads %s, as other servers encode it', (header, text) => {
    expect(valueOf(header)).toBe(text);
  });

  it('valueOf() reads UTF-8 that a server has decoded itself, as `fetch` shows it', () => {
    const shown = Buffer.from('Grüße 名前').toString('latin1');
    expect(valueOf(shown)).toBe('Grüße 名前');
    expect(valueOf('名前')).toBe('名前');
    expect(valueOf('Grüße')).toBeNull();
  });

  it.each([
    '=?',
    'a =?UTF-8?B?YQ==?=',
    '=?latin1?Q?a?=',
    '=?UTF-8?B?%?=',
    '=?UTF-8?Q?=FF?=',
    '=?UTF-8?Q?=?=',
  ])('valueOf() gives null for %s, which it cannot read', header => {
    expect(valueOf(header)).toBeNull();
  });
});

describe('urlOf()', () => {
  const aws = {
    endpoint: 'https://s3.eu-central-1.amazonaws.com',
    region: 'eu-central-1',
    bucket: 'states',
    pathStyle: false,
  };

  it.each([
    ['the host', aws, 'https://states.s3.eu-central-1.amazonaws.com/'],
    ['the path', { ...aws, pathStyle: true }, 'https://s3.eu-central-1.amazonaws.com/states/'],
    [
      'the path behind that of the server',
      { ...aws, endpoint: 'http://127.0.0.1:9000/s3/', pathStyle: true },
      'http://127.0.0.1:9000/s3/states/',
    ],
  ])('urlOf() has the bucket in %s', (_, address, base) => {
    expect(urlOf(address, 'jobs/a.json')).toBe(`${base}jobs/a.json`);
    expect(new URL(urlOf(address, null, { prefix: 'a' })).search).toBe('?prefix=a');
  });

  it('urlOf() encodes what signatures want encoded, and nothing changes it on the way', () => {
    const key = `ready/a b+c%2f#?&*!'()~é`;
    const url = urlOf(aws, key, { 'start-after': key });
    expect(new URL(url).href).toBe(url);
    expect(url).toContain(
      '/ready/a%20b%2Bc%252f%23%3F%26%2A%21%27%28%29~%C3%A9?start-after=ready%2F',
    );
  });
});
