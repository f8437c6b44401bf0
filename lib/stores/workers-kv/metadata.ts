import type { Bytes, Version } from '../../store.ts';

/** The metadata of a body: its version, because the medium has none, and its label. */
export interface Metadata {
  readonly version: Version;
  readonly label: string | null;
}

export const MAX_METADATA_BYTES = 1_024;

const MINTED = /^[0-9a-f]{32}$/;

export function mintVersion(): Version {
  return crypto.randomUUID().replaceAll('-', '') as Version;
}

/** The version of a body that another program put without one: its hash, which is longer than a minted version. */
export async function foreignVersion(body: Bytes): Promise<Version> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return Array.from(hash, byte => byte.toString(16).padStart(2, '0')).join('') as Version;
}

/** The metadata to store. A label that does not fit is left out: then a reader of the list reads the body. */
export function writeMetadata({ version, label }: Metadata): Record<string, string> {
  if (label === null) return { version };
  const metadata = { version, label: swapQuotes(label) };
  const { byteLength } = new TextEncoder().encode(JSON.stringify(metadata));
  return byteLength <= MAX_METADATA_BYTES ? metadata : { version };
}

/** Returns null when no store of this kind has written it. */
export function readMetadata(metadata: unknown): Metadata | null {
  if (typeof metadata !== 'object' || metadata === null) return null;
  const { version, label }: { version?: unknown; label?: unknown } = metadata;
  if (typeof version !== 'string' || !MINTED.test(version)) return null;
  return {
    version: version as Version,
    label: typeof label === 'string' ? swapQuotes(label) : null,
  };
}

/**
 * The limit counts metadata as JSON, where every quote and backslash takes two bytes. A label is itself JSON and
 * contains many of them. So they are swapped with characters that JSON does not escape.
 */
function swapQuotes(text: string): string {
  return text.replaceAll(/["'\\^]/g, character => SWAPPED.get(character) ?? character);
}

const SWAPPED: ReadonlyMap<string, string> = new Map([
  ['"', "'"],
  ["'", '"'],
  ['\\', '^'],
  ['^', '\\'],
]);
