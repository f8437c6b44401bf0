import type { Precondition } from '../../store.ts';
import type { R2ObjectLike } from './bucket.ts';

/** What goes with a body as custom metadata. */
export interface Mark {
  readonly label: string | null;
  /** Names one put among all puts, for the etag names a content alone. */
  readonly write: string | null;
  /** The etag that the put was to replace, or `NOTHING`; null where it did not ask. */
  readonly over: string | null;
}

/** No etag, for those have no parentheses. */
const NOTHING = '(nothing)';

export function overOf(precondition: Precondition): string | null {
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

export function metadataOf({ label, write, over }: Mark): Record<string, string> {
  return {
    ...(label === null ? {} : { label }),
    ...(write === null ? {} : { write }),
    ...(over === null ? {} : { over }),
  };
}

/** The mark of an object; one that another program wrote may have none of it. */
export function markOf({ customMetadata = {} }: R2ObjectLike): Mark {
  return {
    label: customMetadata['label'] ?? null,
    write: customMetadata['write'] ?? null,
    over: customMetadata['over'] ?? null,
  };
}
