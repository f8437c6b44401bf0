import type { Version } from '../../store.ts';
import type { Pointer } from './pointer.ts';

/** A version is the versionstamp of the pointer, and whether the body is an upload. */
export interface VersionParts {
  readonly versionstamp: string;
  readonly isUploaded: boolean;
}

const VERSION = /^([iu])([0-9a-f]{20})$/;

export function versionOf({ versionstamp, isUploaded }: VersionParts): Version {
  return `${isUploaded ? 'u' : 'i'}${versionstamp}` as Version;
}

/** The version of a stored pointer. A value that no store of this kind has written counts as a small body. */
export function storedVersion({
  versionstamp,
  pointer,
}: {
  readonly versionstamp: string;
  readonly pointer: Pointer | null;
}): Version {
  return versionOf({ versionstamp, isUploaded: pointer?.kind === 'uploaded' });
}

/** Returns null when no store of this kind has minted the version. Then no stored object has it. */
export function partsOfVersion(version: Version): VersionParts | null {
  const [, letter, versionstamp] = VERSION.exec(version) ?? [];
  return versionstamp === undefined ? null : { versionstamp, isUploaded: letter === 'u' };
}
