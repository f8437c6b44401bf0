import { CREDENTIAL_PATTERNS, type CredentialKind } from './patterns.ts';
import { findPrivateKeys } from './private-key.ts';

/** A credential in a text: its offsets and its kind. */
export interface Credential {
  readonly start: number;
  readonly end: number;
  readonly kind: CredentialKind;
}

/**
 * The text with every credential replaced by `[REDACTED_<KIND>]`. The rest does not change, including the
 * name before a credential: `Authorization: Bearer [REDACTED_BEARER_TOKEN]`. A second redaction changes
 * nothing. The time is linear in the length. Credentials of an unknown format are not found.
 */
export function redactCredentials(text: string): string {
  return redactFrom(text, 0, findCredentials(text));
}

/** Every text with a credential matches this. Most other texts do not, and skip the single patterns. */
const MAY_HAVE_CREDENTIAL = /[\w+/=.~:-]{14}|:\/\/|authorization|PRIVATE KEY/i;

// A regular expression needs stack for each character of a run: tens of millions of them would overflow it.
const WINDOW_UNITS = 1 << 20;
/** The longest common credentials, private RSA keys of 16,384 bits, have 12,800 units. */
const OVERLAP_UNITS = 16_384;

/** The credentials of the text, in order and disjoint. */
export function findCredentials(text: string): readonly Credential[] {
  if (!MAY_HAVE_CREDENTIAL.test(text)) return [];
  const found: Credential[] = [];
  for (let from = 0; from < text.length; from += WINDOW_UNITS) {
    const start = Math.max(0, from - OVERLAP_UNITS);
    for (const credential of findWithin(text.slice(start, from + WINDOW_UNITS))) {
      found.push({ ...credential, start: credential.start + start, end: credential.end + start });
    }
  }
  return merged(found);
}

function findWithin(text: string): Credential[] {
  const found: Credential[] = [];
  for (const range of findPrivateKeys(text)) found.push({ ...range, kind: 'PRIVATE_KEY' });
  for (const { kind, pattern } of CREDENTIAL_PATTERNS) {
    // matchAll() copies the regular expression on each call, which makes a short text 20 times as expensive.
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const end = match.index + match[0].length;
      found.push({ start: end - (match[1] ?? match[0]).length, end, kind });
    }
  }
  return found;
}

/**
 * The text from offset `from` on, with the credentials replaced. A credential that starts before `from` and
 * ends after it is replaced too.
 */
export function redactFrom(text: string, from: number, credentials: readonly Credential[]): string {
  const parts: string[] = [];
  let done = from;
  for (const { start, end, kind } of credentials) {
    if (end <= from) continue;
    parts.push(text.slice(done, Math.max(start, done)), `[REDACTED_${kind}]`);
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join('');
}

// Merges overlapping credentials. The kind is that of the first start, then the longest, then the earliest pattern.
function merged(found: readonly Credential[]): readonly Credential[] {
  const credentials: Credential[] = [];
  for (const next of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = credentials.at(-1);
    if (last === undefined || next.start >= last.end) credentials.push(next);
    else if (next.end > last.end) credentials.splice(-1, 1, { ...last, end: next.end });
  }
  return credentials;
}
