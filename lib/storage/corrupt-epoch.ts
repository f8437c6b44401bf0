const QUOTE = 0x22;
const COLON = 0x3a;
const SPACE = 0x20;
const NAME = new TextEncoder().encode('"epoch"');
/** No job is granted this often, so a longer number is not an epoch. */
const MAX_DIGITS = 15;

/**
 * The highest epoch in the bytes of a corrupt state, 0 if none is found. Runs in one pass over any bytes: a corrupt
 * object may be large and hold anything.
 */
export function highestEpochIn(body: Uint8Array): number {
  let highest = 0;
  for (let at = NAME.length; at < body.length; at++) {
    if (body[at] !== COLON || body[at - 1] !== QUOTE) continue;
    if (!hasName(body, at - NAME.length)) continue;
    highest = Math.max(highest, numberAt(body, body[at + 1] === SPACE ? at + 2 : at + 1));
  }
  return highest;
}

function hasName(body: Uint8Array, start: number): boolean {
  return NAME.every((byte, index) => body[start + index] === byte);
}

/** The whole number at `start`, 0 if there is none. */
function numberAt(body: Uint8Array, start: number): number {
  let value = 0;
  let at = start;
  for (let byte = body[at]; byte !== undefined && isDigit(byte); byte = body[++at]) {
    if (at - start >= MAX_DIGITS) return 0;
    value = value * 10 + (byte - 0x30);
  }
  return isPartOfToken(body[at]) ? 0 : value;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Whether the byte after the digits belongs to the same token, as in 1.5, 1e9 or 1x. */
function isPartOfToken(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9A-Za-z_.+-]/.test(String.fromCharCode(byte));
}
