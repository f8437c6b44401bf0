import { ownText } from '../base/own-text.ts';
import { findCredentials, redactFrom } from '../redaction/redaction.ts';

/** The most bytes of UTF-8 of a program's output that a sheet stores. */
export const TAIL_LIMIT_BYTES = 51_200;

// A credential is found as a whole if it starts at most this many UTF-16 code units before the cut. The
// longest common credentials, private RSA keys of 16,384 bits, have 12,800.
const LOOKBACK_UNITS = 16_384;

/** Of UTF-8, for one code unit. */
const MOST_UNIT_BYTES = 3;

const LONE_SURROGATE = /\p{Surrogate}/gu;
const REPLACEMENT = /\[REDACTED_[A-Z0-9_]+\]/y;

export interface OutputTail {
  /** Null if there was no output. */
  readonly tail: string | null;
  /** Whether the output was longer than the tail. */
  readonly truncated: boolean;
}

/**
 * The end of a program's output, at most `limitBytes` bytes of UTF-8, with its credentials redacted. It
 * starts with a whole character. A lone surrogate becomes `?`, as in Python's `errors='replace'`. A
 * credential across the cut is redacted as a whole. Only the end of the output is read, whatever its length.
 */
export function captureTail(text: string, limitBytes = TAIL_LIMIT_BYTES): OutputTail {
  if (text === '') return { tail: null, truncated: false };
  const window = wellFormedEnd(text, limitBytes + LOOKBACK_UNITS);
  const cut = tailStart(window, limitBytes);
  const redacted = redactFrom(window, cut, findCredentials(window));
  // A replacement may be longer than the credential, so the limit is applied again.
  const start = afterReplacement(redacted, tailStart(redacted, limitBytes));
  return {
    tail: start === redacted.length ? null : ownText(redacted.slice(start)),
    truncated: cut > 0 || start > 0 || window.length < text.length,
  };
}

// The last code units of the text, one unit less if they would start inside a character.
function wellFormedEnd(text: string, units: number): string {
  const start = Math.max(0, text.length - units);
  const end = text.slice(start > 0 && isPair(text, start - 1) ? start + 1 : start);
  return end.isWellFormed() ? end : end.replace(LONE_SURROGATE, '?');
}

// The offset at which the last `limitBytes` bytes of a well-formed text start, moved to the next whole character.
function tailStart(text: string, limitBytes: number): number {
  if (text.length * MOST_UNIT_BYTES <= limitBytes) return 0;
  let start = text.length;
  let bytes = 0;
  while (start > 0) {
    const unit = text.charCodeAt(start - 1);
    bytes += isLowSurrogate(unit) ? 4 : utf8Bytes(unit);
    if (bytes > limitBytes) return start;
    start -= isLowSurrogate(unit) ? 2 : 1;
  }
  return 0;
}

// A partial replacement has no meaning, so a start inside one moves to its end.
function afterReplacement(text: string, start: number): number {
  const open = text.lastIndexOf('[REDACTED_', start);
  if (open === -1 || open === start) return start;
  REPLACEMENT.lastIndex = open;
  return Math.max(start, open + (REPLACEMENT.exec(text)?.[0].length ?? 0));
}

function isPair(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function utf8Bytes(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 ? 2 : 3;
}
