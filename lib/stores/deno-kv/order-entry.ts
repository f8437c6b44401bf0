import type { Version } from '../../store.ts';
import type { KvEntry } from './kv-like.ts';
import { partsOfVersion, versionOf } from './version.ts';

/**
 * The value of an entry: the kind of the version, its versionstamp if the entry was added later than its object, a
 * line break, and the label. An entry that was written with its object has the versionstamp of that.
 */
export interface OrderEntry {
  readonly version: Version;
  readonly label: string | null;
}

const VALUE = /^([iu])([0-9a-f]{20})?(?:\n(.*))?$/s;

export function encodeEntry(
  { isUploaded, versionstamp = '' }: { isUploaded: boolean; versionstamp?: string },
  label: string | null,
): Uint8Array {
  const text = `${isUploaded ? 'u' : 'i'}${versionstamp}${label === null ? '' : `\n${label}`}`;
  return new TextEncoder().encode(text);
}

/** As `encodeEntry`, for an object that is stored already. */
export function encodeLaterEntry(version: Version, label: string | null): Uint8Array {
  const parts = partsOfVersion(version);
  if (parts === null) throw new TypeError(`No version of this store: ${version}`);
  return encodeEntry(parts, label);
}

/** Null when no store of this kind has written the value. */
export function decodeEntry({ value, versionstamp }: KvEntry): OrderEntry | null {
  if (!(value instanceof Uint8Array)) return null;
  const [, kind, later, label = null] = VALUE.exec(new TextDecoder().decode(value)) ?? [];
  if (kind === undefined) return null;
  const version = versionOf({ versionstamp: later ?? versionstamp, isUploaded: kind === 'u' });
  return { version, label };
}
