import * as fc from 'fast-check';

type Constraints = Omit<fc.StringConstraints, 'unit'>;

const SURROGATES = { first: 0xd800, count: 0x800 };

/** Any character but a lone surrogate. fast-check's own unit `binary` makes a table of all million of them first. */
const character = fc
  .integer({ min: 0, max: 0x10_ffff - SURROGATES.count })
  .map(characterOf, placeOf);

/** A text of any characters, of all planes. */
export function anyText(constraints: Constraints = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character });
}

function characterOf(place: number): string {
  const { first, count } = SURROGATES;
  return String.fromCodePoint(place < first ? place : place + count);
}

/** What fast-check asks to know which texts it can make, such as `__proto__`. */
function placeOf(text: unknown): number {
  const code = typeof text === 'string' ? (text.codePointAt(0) ?? -1) : -1;
  if (code < 0 || text !== String.fromCodePoint(code)) throw new TypeError('Not one character');
  const { first, count } = SURROGATES;
  if (code >= first && code < first + count) throw new TypeError('A lone surrogate');
  return code < first ? code : code - count;
}
