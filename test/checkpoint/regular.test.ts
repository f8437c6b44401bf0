import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { check, checkWithSchema, type Decoded, regularValue } from '../../lib/checkpoint/check.ts';
import {
  CheckpointFromEngine,
  CheckpointState,
  newSheet,
  SheetFromEngine,
  SheetFromExact,
} from '../../lib/checkpoint/checkpoint.ts';
import { encodeState } from '../../lib/checkpoint/codec.ts';
import { parseFast } from '../../lib/checkpoint/parse.ts';
import { parseExactly } from '../../lib/json/parser.ts';
import { NeedsExactParse } from '../../lib/schema/needs-exact-parse.ts';
import { cases } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';
import { NUMBERS, randomText, type Shape, TEXTS, TIMES } from './random-text.ts';
import { isSameValue, shownAs } from './same-value.ts';

/** Documents of each kind. */
const CASES = cases(isNode() ? 200 : 40);
const SEED = 41;
const AS_A_FILE: Shape = { wildness: 0, fill: 1 };
/** Mostly small documents with a few unusual values: they find as much as large ones, and take less time. */
const SHAPES: readonly Shape[] = [
  AS_A_FILE,
  { wildness: 0.01, fill: 1 },
  { wildness: 0.003, fill: 0.1 },
  { wildness: 0.01, fill: 0.1 },
  { wildness: 0.02, fill: 0.1 },
  { wildness: 0.02, fill: 0.02 },
  { wildness: 0.1, fill: 0.05 },
];

const engine = (text: string): unknown => JSON.parse(text);
const exact = (text: string): unknown => parseExactly(text, { nonFinite: false });

const KINDS = [
  { name: 'a state from the engine', schema: CheckpointFromEngine, parse: engine },
  { name: 'a state from the exact parser', schema: CheckpointState, parse: exact },
  { name: 'a sheet from the engine', schema: SheetFromEngine, parse: engine },
  { name: 'a sheet from the exact parser', schema: SheetFromExact, parse: exact },
] as const;

function answerOf<T>(task: () => Decoded<T>): unknown {
  try {
    return task();
  } catch (error) {
    if (error instanceof NeedsExactParse) return 'needs the exact parser';
    throw error;
  }
}

/** A fault names the kind of a value, which depends on the parser. Its path does not. */
function pathsOf<T>(decoded: Decoded<T>): unknown {
  return decoded.ok ? null : decoded.faults.map(({ path }) => path);
}

function bytesOf(decoded: Decoded<CheckpointState>): Uint8Array | null {
  return decoded.ok ? encodeState(decoded.value).file : null;
}

function isNode(): boolean {
  return navigator.userAgent.startsWith('Node');
}

function* texts(schema: z.ZodType): Generator<{ readonly text: string; readonly seed: number }> {
  for (let seed = SEED; seed < SEED + CASES; seed++) {
    const shape = SHAPES[seed % SHAPES.length] ?? AS_A_FILE;
    yield { seed, text: randomText(schema, seededRandom(seed), shape) };
  }
}

describe.each(KINDS)('the checks of regular values for $name', ({ schema, parse }) => {
  it('answer as the schema alone does, or leave the value to it', () => {
    let regular = 0;
    for (const { text, seed } of texts(schema)) {
      const untouched = parse(text);
      const touched = parse(text);
      const value = regularValue<unknown>(schema, touched);
      if (value !== null) regular++;
      // The schema gives the same answer about the same value.
      else if (isSameValue(touched, untouched)) continue;
      const expected = answerOf<unknown>(() => checkWithSchema<unknown>(schema, untouched));
      const own =
        value === null
          ? answerOf<unknown>(() => checkWithSchema<unknown>(schema, touched))
          : { ok: true, value };
      if (isSameValue(own, expected)) continue;
      expect(shownAs(own), `seed ${seed}`).toEqual(shownAs(expected));
    }
    expect(regular).toBeGreaterThan(CASES / 4);
  });
});

/** A regular sheet in which one field of each kind has every value that the random documents have. */
const FIELDS = [
  'sheet_num',
  'attempt_count',
  'exit_code',
  'total_cost_usd',
  'confidence_score',
  'validation_passed',
  'status',
  'started_at',
  'error_message',
  'passed_validations',
  'agent_feedback',
  'unknown',
];
const VALUES = [
  ...NUMBERS,
  ...TEXTS,
  ...TIMES.map(time => JSON.stringify(time)),
  'null',
  'true',
  '[]',
  '["a", 1]',
  '{}',
  '{"2": 0.5}',
  '{"__proto__": "a"}',
  '{"2": "a", "1": "b"}',
  '{"a": 1}',
  '{"a": [1.0, -0]}',
  '[{"a": 1e400}]',
  '{"a": {"3": 0.5, "b": 0.5}}',
];

describe.each([
  { name: 'the engine', schema: SheetFromEngine, parse: engine },
  { name: 'the exact parser', schema: SheetFromExact, parse: exact },
])('a sheet from $name', ({ schema, parse }) => {
  it.each(FIELDS)('has the same "%s" of any value as from the schema alone', field => {
    const blank = new Map(
      Object.entries(newSheet(1)).map(([key, value]) => [key, JSON.stringify(value)]),
    );
    for (const value of VALUES) {
      const members = [...new Map(blank).set(field, value)].map(
        ([key, item]) => `"${key}": ${item}`,
      );
      const text = `{${members.join(', ')}}`;
      const expected = answerOf<unknown>(() => checkWithSchema<unknown>(schema, parse(text)));
      const together = answerOf<unknown>(() => check<unknown>(schema, parse(text)));
      expect(shownAs(together), `the value ${value}`).toEqual(shownAs(expected));
    }
  });
});

describe('parseFast()', () => {
  it('answers as the exact parser and the schema alone do, or leaves the text to them', () => {
    let fast = 0;
    for (const { text, seed } of texts(CheckpointState)) {
      const own = parseFast(text, 'file');
      if (own === null) continue;
      fast++;
      const whole = checkWithSchema(CheckpointState, parseExactly(text, { nonFinite: true }));
      if (isSameValue(own, whole)) continue;
      expect(pathsOf(own), `seed ${seed}`).toEqual(pathsOf(whole));
      expect(bytesOf(own), `seed ${seed}`).toEqual(bytesOf(whole));
    }
    expect(fast).toBeGreaterThan(CASES / 4);
  });
});
