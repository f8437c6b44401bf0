import type * as z from 'zod';
import type { Random } from '../../lib/base/random.ts';
import { type Structure, structureOf } from '../../lib/schema/structure.ts';

/** How a text is laid out: as the files are, as Python and JavaScript send it, and with any white space. */
const STYLES = ['layout', 'layout', 'python', 'compact', 'loose'] as const;

/** A JSON value before it is text: scalars as they are written, and members that may have equal keys. */
type Node = string | readonly Node[] | { readonly members: readonly (readonly [string, Node])[] };

/** How unlike a file a document is. */
export interface Shape {
  /** The share of values that the schema coerces, refuses, or leaves to the exact parser. All others are as a file has them. */
  readonly wildness: number;
  /** The share of fields with a default that are there. A file has all of them. */
  readonly fill: number;
}

/** The text of a random document for a schema of states. */
export function randomText(schema: z.core.$ZodType, random: Random, shape: Shape): string {
  const node = createNodes(random, shape).of(schema);
  return print(node, pick(random, STYLES), random);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random.fraction() * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from');
  return item;
}

export const NUMBERS =
  words(`0 1 2 17 -3 -0 -0.0 0.0 1.0 1800.0 100.0 0.5 12.75 1e3 1E+2 1e-7 0.0001 0.00009 -1.25 1e400
  9007199254740991 9007199254740992 9007199254740993 123456789012345678901234567890 1e15 1e16 2.5e16 4503599627370496.5
  1767323045.678901 20000000001`);
export const TEXTS = [
  ...words('"" "x" "1" "01" "true" "NaN" "pending" "\\n" "\\ud800" "\\u0000" "__proto__"'),
  '"a \\"2\\": b"',
  '"\\n  }"',
  '"\u00e9\u4e2d\ud83d\ude00"',
  '" 7 "',
  '"a text of more than a dozen characters"',
];
const USUAL_TIMES = ['2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05Z'];
export const TIMES = [
  ...words(`2024-02-29T23:59:59.5Z 2023-02-29T00:00:00Z 2026-04-31T00:00:00Z 2026-12-31T00:00:00.000000Z 2026-01-02
  2026-01-02T03:04:05 2026-01-02T03:04:05.678901 2026-01-02T03:04:05+02:00 2026-01-02T03:04:05-00:00 1767323045
  2026-01-02T03:04:05+00:00 0000-01-01T00:00:00Z 0001-01-01T00:00:00Z 9999-12-31T23:59:59.999999Z 2026-13-01T00:00:00Z
  2026-01-02T24:00:00Z 2026-01-02T03:60:00Z 2026-01-02T03:04:60Z 2026-1-2T03:04:05Z 2026-01-02T03:04:05.6789012Z
  2026-01-02T03:04:05z 2026-01-02T03:04:05+24:00 2026-01-02T03:04:05\u221202:00 2024-02-30T00:00:00Z
  2026-12-28T00:00:00.000000Z 2026-13-28T00:00:00.678901Z 2026-00-28T00:00:00.678901Z 2026-12-00T00:00:00.678901Z
  0000-12-28T00:00:00.678901Z 2026-12-28T24:00:00.678901Z 2026-12-28T00:60:00.678901Z 2026-12-28T00:00:60.678901Z
  2026-12-28T00:00:00,678901Z 2026-12-28t00:00:00.678901Z 2026-12-28T00:00:00.678901z 2026-12-2xT00:00:00.678901Z`),
  '2026-01-02 03:04:05Z',
  '2026-01-31T03:04:05Z\n',
  '',
];
const KEYS = ['', ...words('a b __proto__ constructor dalsegno rawJSON nonFinite toJSON')];
const INDEX_KEYS = words('0 1 2 10 4294967294 4294967295 \\u0031');
const NUMBER_KEYS = ['', ' 3', ...words('01 -1 1.0 1_0 x 12345678901234567890 +4')];

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** How often one of many things is so, where it makes documents of reasonable length. */
const SELDOM = 0.15;

function createNodes(random: Random, { wildness, fill }: Shape) {
  const isWild = () => random.fraction() < wildness;
  // An object has many values, and few other things that can be unusual.
  const isOdd = () => random.fraction() < 4 * wildness;
  const chance = (share: number) => random.fraction() < share;
  const among = <T>(items: readonly T[]) => pick(random, items);
  const upTo = (most: number) => Math.floor(random.fraction() * (most + 1));

  function of(schema: z.core.$ZodType): Node {
    if (isWild()) return free(2);
    const structure = structureOf(schema);
    return structure === null ? ofZod(schema) : ofStructure(structure);
  }

  function ofZod(schema: z.core.$ZodType): Node {
    const def = definitionOf(schema);
    if (def.type === 'string') return among(TEXTS);
    if (def.type === 'enum') return JSON.stringify(among(Object.values(def.entries)));
    if (def.type === 'nullable') return chance(0.4) ? 'null' : of(def.innerType);
    if (def.type === 'default' || def.type === 'optional') return of(def.innerType);
    throw new Error(`No text for a schema of type ${def.type}`);
  }

  function ofStructure(structure: Structure): Node {
    switch (structure.kind) {
      case 'integer':
        return isWild() ? among(NUMBERS) : String(upTo(20) + (structure.minimum ?? 0));
      case 'float':
        return isWild() ? among(NUMBERS) : among(['0.0', '1.0', '0.5', '0.125', '0.0125']);
      case 'boolean':
        return among(['true', 'false']);
      case 'time':
        return JSON.stringify(isWild() ? among(TIMES) : among(USUAL_TIMES));
      case 'value':
        return free(3);
      case 'object':
        return freeMembers(3);
      case 'list':
        return chance(SELDOM) ? Array.from({ length: upTo(2) }, () => of(structure.items)) : [];
      case 'dictionary':
        return { members: dictionary(structure) };
      case 'model':
        return { members: model(structure) };
      default:
        return structure satisfies never;
    }
  }

  function dictionary({
    keys,
    values,
  }: Extract<Structure, { kind: 'dictionary' }>): [string, Node][] {
    const count = chance(0.5) ? upTo(3) : 0;
    const entries = Array.from({ length: count }, (_, at): [string, Node] => {
      const key = keys === 'integer' ? String(at + 1) : among(KEYS);
      return [isOdd() ? anyKey() : key, of(values)];
    });
    return isOdd() ? entries.toReversed() : entries;
  }

  function model({
    fields,
    dropped,
  }: Extract<Structure, { kind: 'model' }>): (readonly [string, Node])[] {
    const missing = isWild() ? random.fraction() : 0;
    const members: (readonly [string, Node])[] = Object.entries(fields)
      .filter(([, schema]) => !chance(absenceOf(schema) ?? missing))
      .map(([key, schema]) => [key, of(schema)] as const);
    if (chance(SELDOM)) members.push(['dalsegno', free(2)]);
    if (isOdd()) members.push([anyKey(), free(2)]);
    if (isOdd()) members.splice(upTo(members.length), 0, [anyKey(), free(2)]);
    if (isOdd()) members.splice(upTo(members.length), 0, ...members.slice(-1));
    if (isOdd()) members.reverse();
    if (isOdd() && dropped.length > 0)
      members.push([among(dropped), among(['[]', 'null', '["a"]'])]);
    return members;
  }

  /** Null where the field has to be there. */
  function absenceOf(schema: z.core.$ZodType): number | null {
    if (structureOf(schema) !== null) return null;
    const def = definitionOf(schema);
    if (def.type === 'optional') return 0.5;
    if (def.type !== 'default' || fill === 1) return null;
    // The default of a time that is no null is no time, which is for the schema.
    return structureOf(def.innerType)?.kind === 'time' ? null : 1 - fill;
  }

  function anyKey(): string {
    return among([...KEYS, ...INDEX_KEYS, ...NUMBER_KEYS]);
  }

  /** A value of free form. */
  function free(depth: number): Node {
    if (depth === 0 || chance(0.5)) {
      return chance(wildness) ? among(NUMBERS) : among([...TEXTS, 'null', 'true', 'false', '0.5']);
    }
    if (chance(0.3)) return Array.from({ length: upTo(3) }, () => free(depth - 1));
    return freeMembers(depth);
  }

  function freeMembers(depth: number): Node {
    const key = () => (isWild() ? anyKey() : among(KEYS));
    const members = Array.from({ length: upTo(3) }, () => [key(), free(depth - 1)] as const);
    return { members };
  }

  return { of };
}

function print(node: Node, style: (typeof STYLES)[number], random: Random, depth = 0): string {
  if (typeof node === 'string') return node;
  const newline = `\n${'  '.repeat(depth)}`;
  const space = () => (style === 'loose' ? pick(random, ['', ' ', '\n', '\t', '\r\n  ']) : '');
  const inner = (item: Node) => print(item, style, random, depth + 1);
  const [open, close, items] = Array.isArray(node)
    ? ['[', ']', node.map(inner)]
    : ['{', '}', membersOf(node).map(([key, item]) => `"${key}"${space()}:${gap()}${inner(item)}`)];
  if (items.length === 0) return `${open}${space()}${close}`;
  if (style === 'layout')
    return `${open}${newline}  ${items.join(`,${newline}  `)}${newline}${close}`;
  return `${open}${space()}${items.join(`${space()},${gap()}`)}${space()}${close}`;

  function gap(): string {
    return style === 'compact' ? '' : style === 'loose' ? space() : ' ';
  }
}

function membersOf(node: Node): readonly (readonly [string, Node])[] {
  return typeof node === 'object' && 'members' in node ? node.members : [];
}

function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  // oxlint-disable-next-line no-underscore-dangle
  return (schema as z.core.$ZodTypes)._zod.def;
}
