import type { Bytes } from '../../lib/store.ts';

/** One file of the dashboard, in an encoding that the client takes. */
export interface Page {
  readonly body: Bytes;
  /** Of this file in this encoding, without quotes. */
  readonly etag: string;
  /** Those of the answer, without `ETag` and `Content-Length`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The built files of the dashboard. */
export interface Pages {
  /** The file at the path of a request, or null if there is none. `acceptEncoding` is the header of the request. */
  find(path: string, acceptEncoding: string): Promise<Page | null>;
}
