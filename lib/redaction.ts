import { CREDENTIAL_PATTERNS, type CredentialKind } from './redaction-patterns.ts';
import { findPrivateKeys } from './redaction-private-key.ts';

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
 * Throws a `RangeError` on a single run of tens of millions of characters: regular expressions keep a
 * stack. Output of any length goes through `captureTail`, which looks at a bounded part of it.
 */
export function redactCredentials(text: string): string {
  return redactFrom(text, 0, findCredentials(text));
}

/** The credentials of the text, in order and disjoint. */
export function findCredentials(text: string): readonly Credential[] {
  const found: Credential[] = [];
  for (const range of findPrivateKeys(text)) found.push({ ...range, kind: 'PRIVATE_KEY' });
  for (const { kind, pattern } of CREDENTIAL_PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      found.push({ start: end - (match[1] ?? match[0]).length, end, kind });
    }
  }
  return merged(found);
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
