/** The part of a namespace binding that the store uses. */
export interface WorkersKvLike {
  getWithMetadata(key: string, type: 'arrayBuffer'): Promise<KvFound<ArrayBuffer>>;
  getWithMetadata(key: string, type: 'stream'): Promise<KvFound<KvStreamLike>>;
  put(key: string, body: Uint8Array, options: { metadata: unknown }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix?: string; cursor?: string }): Promise<KvPage>;
}

export interface KvFound<Value> {
  /** Null when nothing is stored. */
  readonly value: Value | null;
  readonly metadata: unknown;
}

export interface KvStreamLike {
  cancel(): Promise<void>;
}

export interface KvPage {
  readonly keys: readonly KvListed[];
  readonly list_complete: boolean;
  readonly cursor?: string | undefined;
}

export interface KvListed {
  readonly name: string;
  readonly metadata?: unknown;
}
