import type { Precondition } from '../../store.ts';
import type { R2ObjectLike } from './bucket.ts';

/** The custom metadata of an object. */
export interface Metadata {
  readonly label: string | null;
  /** Identifies one put among all puts, because an etag identifies only the content. */
  readonly write: string | null;
  /** The etag that the put had to replace, or `NOTHING`; null for an unconditional put. */
  readonly over: string | null;
}

/** Not an etag: etags have no parentheses. */
const NOTHING = '(nothing)';

export function etagToReplace(precondition: Precondition): string | null {
  switch (precondition.kind) {
    case 'none':
      return null;
    case 'absent':
      return NOTHING;
    case 'version':
      return precondition.version;
    default:
      return precondition satisfies never;
  }
}

export function writeMetadata({ label, write, over }: Metadata): Record<string, string> {
  return {
    ...(label === null ? {} : { label }),
    ...(write === null ? {} : { write }),
    ...(over === null ? {} : { over }),
  };
}

/** Every field is null for an object that another program wrote. */
export function readMetadata({ customMetadata = {} }: R2ObjectLike): Metadata {
  return {
    label: customMetadata['label'] ?? null,
    write: customMetadata['write'] ?? null,
    over: customMetadata['over'] ?? null,
  };
}
