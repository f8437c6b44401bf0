import { describe, expect, it } from 'vitest';
import { readListPage } from '../../../lib/stores/s3/list-page.ts';

const page = (inside: string, root = 'ListBucketResult') =>
  `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</${root}>`;
const object = (key: string, etag: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-28T10:00:00.000Z</LastModified><ETag>${etag}</ETag><Owner><ID>x</ID></Owner></Contents>`;

describe('readListPage()', () => {
  it('readListPage() gives keys, and versions for etags with and without quotes', () => {
    const xml = page(
      `<Name>states</Name><IsTruncated>false</IsTruncated>${object('jobs/a&amp;b', '&quot;1-a&quot;')}${object('jobs/c+d%20', '2b')}`,
    );
    expect(readListPage(xml)).toEqual({
      objects: [
        { key: 'jobs/a&b', version: '1-a' },
        { key: 'jobs/c+d%20', version: '2b' },
      ],
      token: null,
    });
  });

  it('readListPage() decodes keys where the server encodes them', () => {
    const xml = page(
      `<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>a/b=&#x3D;</NextContinuationToken>${object('jobs/a+b%2B%E5%90%8D', '"1"')}`,
    );
    expect(readListPage(xml)).toEqual({
      objects: [{ key: 'jobs/a b+名', version: '1' }],
      token: 'a/b==',
    });
  });

  it.each([
    [page('', 'ListAllMyBucketsResult'), 'the list is a <ListAllMyBucketsResult>'],
    [page(''), 'does not say whether it is the last page'],
    [page('<IsTruncated>maybe</IsTruncated>'), 'does not say whether it is the last page'],
    [page('<IsTruncated>true</IsTruncated>'), 'has no token'],
    [page('<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>'), 'key or etag'],
    [
      page(`<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${object('%', '1')}`),
      'cannot be decoded',
    ],
    ['<html><body>Sign in</body></html>', 'the list is a <html>'],
  ])('readListPage() refuses %s', (xml, reason) => {
    expect(() => readListPage(xml)).toThrow(reason);
  });
});
