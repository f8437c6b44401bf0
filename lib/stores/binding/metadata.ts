/** The custom metadata of an object in a bucket. */
export interface Metadata {
  readonly label: string | null;
  /** Identifies one put among all puts, because an etag identifies only the content. */
  readonly write: string | null;
  /** What the put had to replace, as `replacedVersion` says it. */
  readonly over: string | null;
}

export interface WithMetadata {
  readonly customMetadata?: Readonly<Record<string, string>> | undefined;
}

export function writeMetadata({ label, write, over }: Metadata): Record<string, string> {
  return {
    ...(label === null ? {} : { label }),
    ...(write === null ? {} : { write }),
    ...(over === null ? {} : { over }),
  };
}

/** Every field is null for an object that another program wrote. */
export function readMetadata({ customMetadata = {} }: WithMetadata): Metadata {
  return {
    label: customMetadata['label'] ?? null,
    write: customMetadata['write'] ?? null,
    over: customMetadata['over'] ?? null,
  };
}
