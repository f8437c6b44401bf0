import type { Bytes, Version } from '../../store.ts';

/** What goes with a body: its version, which the medium does not mint, and its label. */
export interface Metadata {
  readonly version: Version;
  readonly label: string | null;
}

export const MAX_METADATA_BYTES = 1_024;

const MINTED = /^[0-9a-f]{32}$/;

export function mintVersion(): Version {
  return crypto.randomUUID().replaceAll('-', '') as Version;
}

/** The version of a body that another program put there without one: its hash, longer than a minted one. */
export async function foreignVersion(body: Bytes): Promise<Version> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return Array.from(hash, byte => byte.toString(16).padStart(2, '0')).join('') as Version;
}

/** As the medium keeps it. A label that does not fit even so is left out: who lists reads the body then. */
export function writeMetadata({ version, label }: Metadata): Record<string, string> {
  if (label === null) return { version };
  const metadata = { version, label: swapQuotes(label) };
  const { byteLength } = new TextEncoder().encode(JSON.stringify(metadata));
  return byteLength <= MAX_METADATA_BYTES ? metadata : { version };
}

/** Null where no store has written it. */
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
 * The limit counts metadata as JSON, where every quote and backslash takes two bytes, and a label that is JSON
 * itself is full of them. So they change places with characters that JSON leaves alone.
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
