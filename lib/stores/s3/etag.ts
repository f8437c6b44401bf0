import type { Version } from '../../store.ts';

const QUOTED = /^"([\x21\x23-\x5b\x5d-\x7e]*)"$/;
const BARE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** One etag, and no list of them, which a condition could have instead. */
const SINGLE = /^(?:(?:W\/)?"[\x20\x21\x23-\x7e\xa0-\xff]*"|[\x21\x23-\x2b\x2d-\x7e\xa0-\xff]+)$/;
/** Before the characters of an etag that is none of the usual ones. */
const ODD = '~';

/**
 * The version of an object with this etag: what is between its quotes. Some servers leave the quotes out in lists. An etag of
 * another form, such as a weak one, is encoded as a whole.
 */
export function versionOf(etag: string): Version {
  const inner = QUOTED.exec(etag)?.[1] ?? (BARE.test(etag) ? etag : '');
  if (inner !== '' && !inner.startsWith(ODD) && !inner.startsWith('W/')) return inner as Version;
  return `${ODD}${encodeURIComponent(etag).replaceAll("'", '%27')}` as Version;
}

/** The etag as the server sent it. Null for a text that no object has as its version. */
export function etagOf(version: Version): string | null {
  if (!version.startsWith(ODD)) {
    return BARE.test(version) && version !== '*' ? `"${version}"` : null;
  }
  const etag = decoded(version.slice(1));
  return SINGLE.test(etag) && etag !== '*' && versionOf(etag) === version ? etag : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
