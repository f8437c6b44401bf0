import type { Version } from '../../store.ts';
import type { Pointer } from './pointer.ts';

/** A version is the versionstamp of the pointer, and whether the body is an upload. */
export interface Stamp {
  readonly versionstamp: string;
  readonly isUploaded: boolean;
}

const VERSION = /^([iu])([0-9a-f]{20})$/;

export function versionOf({ versionstamp, isUploaded }: Stamp): Version {
  return `${isUploaded ? 'u' : 'i'}${versionstamp}` as Version;
}

/** Of what is stored under an object's key; what no store of this kind has written counts as a small body. */
export function storedVersion({
  versionstamp,
  pointer,
}: {
  readonly versionstamp: string;
  readonly pointer: Pointer | null;
}): Version {
  return versionOf({ versionstamp, isUploaded: pointer?.kind === 'uploaded' });
}

/** Null where no store of this kind has minted the version: nothing stored can have it. */
export function stampOf(version: Version): Stamp | null {
  const [, letter, versionstamp] = VERSION.exec(version) ?? [];
  return versionstamp === undefined ? null : { versionstamp, isUploaded: letter === 'u' };
}
