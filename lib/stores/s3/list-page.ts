import type { Version } from '../../store.ts';
import { versionOf } from './etag.ts';
import { readXml, textIn, type XmlElement } from './xml.ts';

export interface ListedObject {
  readonly key: string;
  readonly version: Version;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Where the next page begins. Null for the last page. */
  readonly token: string | null;
}

/** Reads an answer to `ListObjectsV2`. Throws an `Error` that says what is wrong with it. */
export function readListPage(xml: string): ListPage {
  const root = readXml(xml);
  if (root.name !== 'ListBucketResult') throw new Error(`the list is a <${root.name}>`);
  const decode = textIn(root, 'EncodingType')?.trim() === 'url' ? fromUrl : (key: string) => key;
  const objects = root.children
    .filter(({ name }) => name === 'Contents')
    .map(entry => objectOf(entry, decode));
  return { objects, token: tokenIn(root) };
}

function objectOf(entry: XmlElement, decode: (key: string) => string): ListedObject {
  const key = textIn(entry, 'Key');
  const etag = textIn(entry, 'ETag');
  if (key === null || etag === null) throw new Error('the list has an object without key or etag');
  return { key: decode(key), version: versionOf(etag) };
}

function tokenIn(root: XmlElement): string | null {
  const isTruncated = textIn(root, 'IsTruncated')?.trim();
  if (isTruncated === 'false') return null;
  if (isTruncated !== 'true') throw new Error('the list does not say whether it is the last page');
  const token = textIn(root, 'NextContinuationToken');
  if (token === null) throw new Error('a page that is not the last one has no token');
  return token;
}

function fromUrl(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw new Error('the list has a key that cannot be decoded');
  }
}
