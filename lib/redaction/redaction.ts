import { CREDENTIAL_PATTERNS, type CredentialKind } from './patterns.ts';
import { findPrivateKeys } from './private-key.ts';

/** A credential in a text: where it stands, as offsets into the text, and of what kind it is. */
export interface Credential {
  readonly start: number;
  readonly end: number;
  readonly kind: CredentialKind;
}

/**
 * The text with every credential replaced by `[REDACTED_<KIND>]`. All else is left as it is, the name
 * before a credential included: `Authorization: Bearer [REDACTED_BEARER_TOKEN]`. Doing it twice
 * changes nothing, and the time is linear in the length. A credential of no known shape is not found.
 */
export function redactCredentials(text: string): string {
  return redactFrom(text, 0, findCredentials(text));
}

/** What every credential has in it: most texts have nothing of it, and are not looked at by each pattern. */
const MAY_HOLD_ONE = /[\w+/=.~:-]{14}|:\/\/|authorization|PRIVATE KEY/i;

// Regular expressions keep a stack for a run of characters: tens of millions of them would overflow it.
const WINDOW_UNITS = 1 << 20;
/** The longest common credentials, private RSA keys of 16,384 bits, take 12,800. */
const OVERLAP_UNITS = 16_384;

/** The credentials of the text, in order and disjoint. */
export function findCredentials(text: string): readonly Credential[] {
  if (!MAY_HOLD_ONE.test(text)) return [];
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
    // matchAll() makes a regular expression of its own for each call: a short text would cost 20 times as much.
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const end = match.index + match[0].length;
      found.push({ start: end - (match[1] ?? match[0]).length, end, kind });
    }
  }
  return found;
}

/**
 * The part of the text from offset `from` on, with the credentials replaced. One that begins before
 * `from` and ends behind it is replaced as well.
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

// Overlapping finds become one, named by the find that begins first, then the longest, then the earliest pattern.
function merged(found: readonly Credential[]): readonly Credential[] {
  const credentials: Credential[] = [];
  for (const next of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = credentials.at(-1);
    if (last === undefined || next.start >= last.end) credentials.push(next);
    else if (next.end > last.end) credentials.splice(-1, 1, { ...last, end: next.end });
  }
  return credentials;
}
