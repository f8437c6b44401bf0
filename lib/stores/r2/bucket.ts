/** The part of a bucket binding that the store uses. */
export interface R2BucketLike {
  head(key: string): Promise<R2ObjectLike | null>;
  get(key: string): Promise<R2BodyLike | null>;
  /** Null when `onlyIf` refused. */
  put(key: string, body: Uint8Array, options: R2PutLike): Promise<R2ObjectLike | null>;
  delete(key: string): Promise<void>;
  list(options: R2ListLike): Promise<R2PageLike>;
}

export interface R2ObjectLike {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  readonly customMetadata?: Readonly<Record<string, string>> | undefined;
}

export interface R2BodyLike extends R2ObjectLike {
  /** In bytes. */
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface R2PutLike {
  onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string };
  customMetadata?: Record<string, string>;
}

export interface R2ListLike {
  prefix?: string;
  startAfter?: string;
  cursor?: string;
  include?: 'customMetadata'[];
}

export interface R2PageLike {
  readonly objects: readonly R2ObjectLike[];
  readonly truncated: boolean;
  readonly cursor?: string | undefined;
}
