import { ownText } from '../base/own-text.ts';
import { findCredentials, redactFrom } from '../redaction/redaction.ts';

/** The most of a program's output that a sheet keeps, in bytes of UTF-8. */
export const TAIL_LIMIT_BYTES = 51_200;

// How far before the cut a credential may begin and still be seen whole, in UTF-16 code units. The
// longest common ones, private RSA keys of 16,384 bits, take 12,800.
const LOOKBACK_UNITS = 16_384;

const LONE_SURROGATE = /\p{Surrogate}/gu;
const REPLACEMENT = /\[REDACTED_[A-Z0-9_]+\]/y;

export interface OutputTail {
  /** Null when nothing was put out. */
  readonly tail: string | null;
  /** The output was longer than what is kept of it. */
  readonly truncated: boolean;
}

/**
 * The end of a program's output, at most `limitBytes` bytes of UTF-8, with its credentials redacted. It
 * begins at a whole character; a lone surrogate counts and stands as `?`, as in Python's `errors='replace'`.
 * A credential that the cut would halve is redacted whole. Only the end is looked at, however
 * long the output.
 */
export function captureTail(text: string, limitBytes = TAIL_LIMIT_BYTES): OutputTail {
  if (text === '') return { tail: null, truncated: false };
  const window = wellFormedEnd(text, limitBytes + LOOKBACK_UNITS);
  const cut = tailStart(window, limitBytes);
  const redacted = redactFrom(window, cut, findCredentials(window));
  // A replacement may be longer than what it replaces, so the limit is applied once more.
  const start = behindReplacement(redacted, tailStart(redacted, limitBytes));
  return {
    tail: start === redacted.length ? null : ownText(redacted.slice(start)),
    truncated: cut > 0 || start > 0 || window.length < text.length,
  };
}

// The last code units of the text, one less where they would begin within a character.
function wellFormedEnd(text: string, units: number): string {
  const start = Math.max(0, text.length - units);
  const end = text.slice(start > 0 && isPair(text, start - 1) ? start + 1 : start);
  return end.isWellFormed() ? end : end.replace(LONE_SURROGATE, '?');
}

// Where the last `limitBytes` bytes of a well-formed text begin, or the next character behind that.
function tailStart(text: string, limitBytes: number): number {
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

// Half a replacement says nothing: a start within one moves to its end.
function behindReplacement(text: string, start: number): number {
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
