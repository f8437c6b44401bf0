import type { Version } from '../../store.ts';
import type { Pointer } from './pointer.ts';

/** A version is the versionstamp of the pointer, and whether the body is an upload. */
export interface Stamp {
  readonly versionstamp: string;
  readonly kind: Pointer['kind'];
}

const VERSION = /^([iu])([0-9a-f]{20})$/;

export function versionOf({ versionstamp, kind }: Stamp): Version {
  return `${kind === 'inline' ? 'i' : 'u'}${versionstamp}` as Version;
}

/** Of what is stored under an object's key; what no store of this kind has written counts as a small body. */
export function storedVersion({
  versionstamp,
  pointer,
}: {
  readonly versionstamp: string;
  readonly pointer: Pointer | null;
}): Version {
  return versionOf({ versionstamp, kind: pointer?.kind ?? 'inline' });
}

/** Null where no store of this kind has minted the version: nothing stored can have it. */
export function stampOf(version: Version): Stamp | null {
  const [, letter, versionstamp] = VERSION.exec(version) ?? [];
  if (versionstamp === undefined) return null;
  return { versionstamp, kind: letter === 'i' ? 'inline' : 'uploaded' };
}
