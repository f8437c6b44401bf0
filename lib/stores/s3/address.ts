/** Where a bucket is. */
export interface BucketAddress {
  /** Such as `https://s3.eu-central-1.amazonaws.com`, with a path if the server has one. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket is in the path of URLs. Otherwise it is in the host name. */
  readonly pathStyle: boolean;
}

/** The URL of the bucket, or of an object in it, with this query. */
export function urlOf(
  { endpoint, bucket, pathStyle }: BucketAddress,
  key: string | null,
  query: Readonly<Record<string, string>> = {},
): string {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/+$/, '');
  const host = pathStyle ? url.host : `${bucket}.${url.host}`;
  const path = [...(pathStyle ? [bucket] : []), ...(key === null ? [] : key.split('/'))];
  const search = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');
  return `${url.protocol}//${host}${base}/${path.map(encoded).join('/')}${search === '' ? '' : `?${search}`}`;
}

/** As signatures want it: all but letters, digits and four other characters. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
